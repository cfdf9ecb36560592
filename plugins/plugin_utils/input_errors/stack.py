"""Find inputs that a stack of Docker Swarm does not support."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import cluster, containers
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

RESERVED = "default"
"""The network of nginx in a stack. Each app has one of its own name."""
LONGEST_STACK = 22
LONGEST_SERVICE = 40
"""Characters of a name. Swarm has at most 63 for a service: STACK_NAME."""
LONGEST_WAIT = 60
"""Seconds that Swarm waits for the end of a task before it starts the next one: moby/moby#36111."""
STACK = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
MOST_BYTES = {"content": 1000 * 1024, "secret": 500 * 1024}
"""What a config and a secret of Swarm have less than."""


def of_project(
    directory: str, name: str, registry: str, login: Mapping[str, str] | str
) -> Iterator[str]:
    """Yield what is wrong with the inputs of playbooks/stack.yml."""
    wrong = list(containers.directory("stack_directory", directory, "the files of the stack"))
    yield from wrong
    if not wrong and (len(name) > LONGEST_STACK or not STACK.fullmatch(name)):
        yield (
            f"stack_directory is {directory!r}, and its last part names the stack {name!r}: choose "
            f"a directory whose name has a small letter, and at most {LONGEST_STACK} characters."
        )
    yield from cluster.registry_address("stack_registry", registry)
    yield from _login(login)


def _login(login: Mapping[str, str] | str) -> Iterator[str]:
    """Yield what is wrong with ``login``, without its values."""
    if isinstance(login, Mapping):
        is_right = not login or (set(login) == {"username", "password"} and all(login.values()))
        found = f"has {', '.join(sorted(login))}"
    else:
        is_right = False
        found = "is a text"
    if not is_right:
        yield (
            f"stack_registry_login {found}: write username and password, as in "
            "{username: deployer, password: '{{ vault_registry_password }}'}."
        )


def errors(role: str, inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of ``role`` a stack does not support.

    :param apps: the names of all apps of the inventory.
    """
    if role == "wsgi_app":
        yield from of_app(inputs, apps)
    else:
        yield from cluster.of_any_site(inputs, apps, instead="write 'files'")


def of_app(inputs: Inputs, apps: list[str]) -> Iterator[str]:
    """Yield which inputs of an app a stack does not support."""
    yield from cluster.of_any_app(inputs, apps)
    values = inputs.values
    name = values["name"]
    if name == RESERVED:
        yield (
            f"wsgi_app_name is {name!r}, but nginx's network has this name in a stack: write "
            "another."
        )
    for process in values["processes"]:
        if process["exclusive"] and process["stop_timeout"] > LONGEST_WAIT:
            yield (
                f"wsgi_app_processes[{process['name']}].stop_timeout is {process['stop_timeout']}, "
                f"but Swarm starts the next one after {LONGEST_WAIT} seconds, although this one is "
                "exclusive and still runs: write a shorter time."
            )
        service = f"{name}-{process['name']}"
        if len(service) > LONGEST_SERVICE:
            yield (
                f"wsgi_app_processes[{process['name']}].name makes the name {service!r}, but a "
                f"service has at most {LONGEST_SERVICE} characters here: write a shorter name."
            )
    if values["schedules"]:
        names = [schedule["name"] for schedule in values["schedules"]]
        yield (
            f"wsgi_app_schedules has {names!r}, but Swarm runs nothing at set times: remove the "
            "variable, and write an exclusive background process that has a clock, as 'celery "
            "beat' has one."
        )
    if values["registry_login"].get("username"):
        yield (
            "wsgi_app_registry_login is set, but the nodes log in where the stack's images are: "
            "remove the variable, and write stack_registry_login."
        )
    for file in values["files"]:
        for kind, most in MOST_BYTES.items():
            yield from _size(f"wsgi_app_files[{file['dest']}].{kind}", file[kind], most)


def _size(variable: str, text: str | None, most: int) -> Iterator[str]:
    if text is not None and not 0 < len(text.encode()) < most:
        yield (
            f"{variable} has {len(text.encode())} bytes, but Swarm takes 1 to {most - 1}: let the "
            "app create an empty file, and put a large one into the source."
        )
