"""Find what is wrong with the schedules of an app. The host judges their calendars."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.wsgi_app import (
    command,
    limits,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

VARIABLE = "wsgi_app_schedules"


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_schedules``."""
    schedules = inputs.values["schedules"]
    processes = {process["name"] for process in inputs.values["processes"]}
    yield from common.repeated(VARIABLE, [schedule["name"] for schedule in schedules])
    for schedule in schedules:
        name = schedule["name"]
        yield from common.name(f"{VARIABLE}[].name", name)
        if name in processes:
            yield (
                f"{VARIABLE}[].name is {name!r}, but wsgi_app_processes has this name, too. Both "
                "would have the same name in the log: give one of them another name."
            )
        yield from command.errors(f"{VARIABLE}[{name}].command", schedule["command"])
        yield from limits.of(f"{VARIABLE}[{name}].limits", schedule["limits"])
        if schedule["timeout"] < 1:
            yield (
                f"{VARIABLE}[{name}].timeout is {schedule['timeout']}: write seconds, as in 600."
            )
