"""Ask Docker Swarm about the services of a stack, and change them, with the docker command."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.hidden_values import hide, values_of
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout

STACK = "com.docker.stack.namespace"
"""The label with the stack that a service, a config, a secret or a network is of."""
APP = "subsite.app"
RELEASE = "subsite.release"
PREVIOUS = "subsite.previous"
DIRECTORY = "subsite.directory"
"""The labels of a service: its app, its release, the one before, and the directory of its stack."""

LINES = 30
"""How many lines of the log of a failed task are shown."""

DEFAULTS = {"DNSConfig": {}, "StopGracePeriod": 10_000_000_000}
"""What docker says of the containers of a service that does not set it, but not of its tasks."""

FAILED = ("failed", "rejected")
"""The states of a task that has failed."""
ENDED = ("complete", "shutdown", "remove", "orphaned", *FAILED)
"""The states of a task whose container does not run any more."""
LONGEST_END = 120
"""Seconds that containers have to end."""

NO_TASKS = "nothing found in stack"
"""What docker says, as an error, of a stack that has no tasks."""


class SwarmError(Exception):
    """Docker cannot do what it should, or a service does not work; the message is for users."""


def docker(*arguments: str, with_errors: bool = False) -> str:
    """Run the docker command and return its output, or what it writes to both streams.

    :raises SwarmError: when it fails.
    """
    try:
        done = subprocess.run(
            ["docker", *arguments],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if with_errors else subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise SwarmError(
            "This host has no docker command: install Docker, or write a manager of the swarm in "
            "stack_host."
        ) from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise SwarmError(f"docker {' '.join(arguments[:2])} failed: {said}")
    return done.stdout


def require_manager() -> None:
    """Check that this docker may change the services of a swarm.

    :raises SwarmError: when it may not.
    """
    if not json.loads(docker("info", "--format", "{{json .Swarm}}"))["ControlAvailable"]:
        raise SwarmError(
            "docker here is no manager of a swarm: run 'docker swarm init' on this machine, or "
            "write a manager in stack_host."
        )


class Stack:
    """The services of a stack, as they are now."""

    def __init__(self, name: str) -> None:
        """Read nothing yet."""
        self.name = name

    def services(self) -> dict[str, dict[str, Any]]:
        """Return what ``docker service inspect`` says of each service, by its name.

        docker writes the platforms of an image only in the deploy that gets a new digest, and the
        next deploy removes them. So they are left out.
        """
        names = self.names("service")
        found = json.loads(docker("service", "inspect", *names)) if names else []
        for service in found:
            service["Spec"]["TaskTemplate"].get("Placement", {}).pop("Platforms", None)
        return {service["Spec"]["Name"]: service for service in found}

    def other_services(self, app: str) -> list[str]:
        """Return the names of the services that are not of ``app``."""
        services = self.services()
        return [name for name in services if services[name]["Spec"]["Labels"].get(APP) != app]

    def names(self, kind: str) -> list[str]:
        """Return the names of the stack's services, configs, secrets or networks."""
        return docker(
            *(kind, "ls", "--filter", f"label={STACK}={self.name}", "--format", "{{.Name}}")
        ).split()

    def tasks(self) -> list[dict[str, Any]]:
        """Return what ``docker inspect`` says of each task of all services."""
        try:
            identifiers = docker("stack", "ps", "--quiet", "--no-trunc", self.name).split()
        except SwarmError as error:
            if NO_TASKS not in str(error):
                raise
            identifiers = []
        return json.loads(docker("inspect", "--type", "task", *identifiers)) if identifiers else []

    def deploy(self, files: Iterable[str]) -> None:
        """Create and update the services of Compose files. Tags of images become digests.

        :raises SwarmError: when docker refuses a file.
        """
        options = [f"--compose-file={file}" for file in files]
        fixed = ("--with-registry-auth", "--resolve-image=changed")
        docker("stack", "deploy", *fixed, *options, self.name)

    def remove_unused(self, names: Iterable[str]) -> list[str]:
        """Remove services that are not among ``names``, and what no service uses then.

        Specifications to which docker may roll back count as used.
        """
        services = self.services()
        removed = sorted(services.keys() - {*names})
        for name in removed:
            docker("service", "rm", name)
        kept = [service for name, service in services.items() if name not in removed]
        used = {*_used(kept)}
        for kind in ("config", "secret"):
            unused = sorted({*self.names(kind)} - used)
            if unused:
                docker(kind, "rm", *unused)
            removed += unused
        return removed + self._remove_unused_networks(kept)

    def _remove_unused_networks(self, services: list[dict[str, Any]]) -> list[str]:
        templates = [service["Spec"]["TaskTemplate"] for service in services]
        used = {each["Target"] for template in templates for each in template.get("Networks", [])}
        names = self.names("network")
        found = json.loads(docker("network", "inspect", *names)) if names else []
        unused = sorted(network["Name"] for network in found if network["Id"] not in used)
        for name in unused:
            # The containers of a service that was removed may still end their requests.
            if not wait_for(partial(docker, "network", "rm", name), LONGEST_END):
                raise SwarmError(f"The network {name} could not be removed: containers use it.")
        return unused


def is_job(service: dict[str, Any]) -> bool:
    """Return whether the tasks of a service end by themselves."""
    return "ReplicatedJob" in service["Spec"]["Mode"]


def states_of(service: dict[str, Any], tasks: Iterable[dict[str, Any]]) -> set[str]:
    """Return the states of all tasks of a service, also of those of earlier specifications."""
    return {task["Status"]["State"] for task in tasks if task["ServiceID"] == service["ID"]}


def tasks_of(service: dict[str, Any], tasks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of ``tasks`` that run what the specification of a service says."""
    wanted = _what_replaces_tasks(service["Spec"]["TaskTemplate"])
    return [
        task
        for task in tasks
        if task["ServiceID"] == service["ID"] and _what_replaces_tasks(task["Spec"]) == wanted
    ]


def _what_replaces_tasks(template: dict[str, Any]) -> list[Any]:
    """Return the parts of a task's specification of which a change needs another task."""
    container = DEFAULTS | template["ContainerSpec"]
    return [container, *(template.get(part) for part in ("Networks", "Resources"))]


def _used(services: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the names of the configs and secrets that services have."""
    for service in services:
        for specification in (service["Spec"], service.get("PreviousSpec") or {}):
            yield from files_of(specification)


def files_of(specification: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the configs and secrets that a specification of a service has."""
    container = specification.get("TaskTemplate", {}).get("ContainerSpec", {})
    yield from (config["ConfigName"] for config in container.get("Configs") or [])
    yield from (secret["SecretName"] for secret in container.get("Secrets") or [])


def log(task: dict[str, Any], service: dict[str, Any], directory: str) -> str:
    """Return why a task of a service has failed, and the end of its log, without its secrets.

    :param directory: where the files of releases are, at their paths on a host.
    """
    status, labels = task["Status"], service["Spec"]["Labels"]
    reason = status.get("Err") or status.get("Message", "")
    try:
        options = ("--raw", f"--tail={LINES}")
        lines = docker("service", "logs", *options, task["ID"], with_errors=True).strip()
    except SwarmError as error:
        lines = str(error)
    places = layout(labels.get(APP, ""), labels.get(RELEASE, ""))
    secrets = values_of(Path(directory + places.release_dir))
    return hide(f"{reason}\n{lines}".strip(), secrets)


def wait_for(outcome: Callable[[], Any], seconds: float, pause: float = 1) -> Any:
    """Return the first true result of ``outcome``, or nothing after ``seconds``.

    A command may fail once: a task that it names can be gone, and managers can elect a leader.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(SwarmError):
            if result := outcome():
                return result
        # Docker's events tell of services, but not of the states of their tasks. So these are
        # polled; the pause only sets how often.
        time.sleep(pause)
    return None
