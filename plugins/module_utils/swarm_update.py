"""Update the services of a stack, and put an app back if one of its services does not work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils import swarm
from ansible_collections.subsite.deploy.plugins.module_utils.swarm import Stack, SwarmError

Service = dict[str, Any]
Task = dict[str, Any]

GOES_ON, WORKS, FAILS = "goes on", "works", "fails"
UNDER_WAY = ("updating", "rollback_started")
"""What Swarm says of an update that goes on."""


@dataclass(frozen=True)
class Update:
    """A service that should run as ``wanted`` says."""

    stack: Stack
    name: str
    wanted: Service
    is_new: bool
    is_changed: bool

    @property
    def app(self) -> str:
        """The app that the service is of."""
        return self.wanted["Spec"]["Labels"].get(swarm.APP, self.name)

    def state(self, service: Service | None, tasks: list[Task]) -> str:
        """Return whether the update goes on, works or fails.

        :param service: what docker says of the service.
        :param tasks: all tasks of the stack.
        """
        if service is None:
            return FAILS
        update = service.get("UpdateStatus", {}).get("State", "")
        if self.is_changed and update in ("paused", "rollback_paused", "rollback_completed"):
            return FAILS
        if self.is_new and self.failed_tasks(tasks):
            return FAILS
        if update in UNDER_WAY or not _runs(service, tasks):
            return GOES_ON
        return WORKS

    def failed_tasks(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks that have failed, the latest one first."""
        failed = [
            task
            for task in swarm.tasks_of(self.wanted, tasks)
            if task["Status"]["State"] in swarm.FAILED
        ]
        return sorted(failed, key=lambda task: task["Status"]["Timestamp"], reverse=True)

    def put_back(self) -> str:
        """Undo the update, and return what was done in words."""
        try:
            return self._put_back()
        except SwarmError as error:
            return f"{self.name} was not put back: {error}"

    def _put_back(self) -> str:
        current = self.stack.services().get(self.name)
        if current is None:
            return f"{self.name} was removed by another command."
        if self.is_new:
            swarm.docker("service", "rm", self.name)
            return f"{self.name} was removed: it has no earlier release."
        if current["Spec"] == self.wanted["Spec"]:
            swarm.docker("service", "rollback", "--detach", self.name)
        return f"{self.name} was rolled back."


def update(
    stack: Stack, files: Iterable[str], names: Iterable[str], directory: str, seconds: float
) -> list[str]:
    """Deploy Compose files, wait until all services work, and return those that changed.

    :param names: the services of the files.
    :raises SwarmError: when one does not work, with the end of its log.
    """
    before = stack.services()
    broken = _never_worked(stack, before)
    stack.deploy(files)
    services = stack.services()
    # Swarm would not update these: their tasks stay as they are.
    stuck = [
        name
        for name in broken
        if name in services and services[name]["Spec"] != before[name]["Spec"]
    ]
    if stuck:
        swarm.docker("service", "rm", *stuck)
        before = {name: each for name, each in before.items() if name not in stuck}
        stack.deploy(files)
        services = stack.services()
    updates = [
        Update(
            stack,
            name,
            service,
            is_new=name not in before,
            is_changed=_is_changed(before.get(name), service),
        )
        for name, service in services.items()
        if name in {*names}
    ]
    states: dict[str, str] = {}

    def is_over() -> bool:
        services, tasks = stack.services(), stack.tasks()
        states.update({each.name: each.state(services.get(each.name), tasks) for each in updates})
        return GOES_ON not in states.values()

    swarm.wait_for(is_over, seconds)
    failed = [each for each in updates if states.get(each.name) != WORKS]
    if failed:
        raise SwarmError(_put_back(updates, failed, directory))
    return sorted(each.name for each in updates if each.is_changed)


def _never_worked(stack: Stack, services: dict[str, Service]) -> list[str]:
    """Return the services of which no release has worked yet: their first run was cut off."""
    new = [each for each in services.values() if not each.get("PreviousSpec")]
    tasks = stack.tasks() if new else []
    states = {each["Spec"]["Name"]: swarm.states_of(each, tasks) for each in new}
    return sorted(
        name for name, of in states.items() if "running" not in of and of.intersection(swarm.FAILED)
    )


def _is_changed(before: Service | None, now: Service) -> bool:
    """Return whether this run changes a service, or a run that was cut off began to do so."""
    if before is None or before["Spec"] != now["Spec"]:
        return True
    return before.get("UpdateStatus", {}).get("State") in UNDER_WAY


def _runs(service: Service, tasks: list[Task]) -> bool:
    """Return whether all tasks of a service run that should."""
    wanted = [each for each in swarm.tasks_of(service, tasks) if each["DesiredState"] == "running"]
    replicas = service["Spec"]["Mode"].get("Replicated", {}).get("Replicas", len(wanted) or 1)
    return [task["Status"]["State"] for task in wanted].count("running") == replicas


def _put_back(updates: list[Update], failed: list[Update], directory: str) -> str:
    """Put all services of the apps back of which one has failed. Return what happened in words."""
    lines = []
    tasks = updates[0].stack.tasks()
    for each in failed:
        found = each.failed_tasks(tasks) or swarm.tasks_of(each.wanted, tasks)
        reason = (
            swarm.log(found[0], each.wanted, directory) if found else "Swarm started no task of it."
        )
        lines.append(f"{each.name} does not work: {reason}")
    apps = {each.app for each in failed}
    lines += [each.put_back() for each in updates if each.is_changed and each.app in apps]
    return "\n".join(lines)
