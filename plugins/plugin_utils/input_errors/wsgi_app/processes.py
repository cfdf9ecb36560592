"""Find what is wrong with the background processes of an app."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.wsgi_app import (
    command,
    limits,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

VARIABLE = "wsgi_app_processes"


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_processes``."""
    processes = inputs.values["processes"]
    yield from common.repeated(VARIABLE, [process["name"] for process in processes])
    for process in processes:
        yield from common.name(f"{VARIABLE}[].name", process["name"])
        where = f"{VARIABLE}[{process['name']}]"
        yield from command.errors(f"{where}.command", process["command"])
        yield from _numbers(where, process)
        yield from limits.of(f"{where}.limits", process["limits"])


def _numbers(where: str, process: dict) -> Iterator[str]:
    if process["count"] < 1:
        yield (
            f"{where}.count is {process['count']}: write 1 or more, or remove the process from "
            f"{VARIABLE}."
        )
    elif process["exclusive"] and process["count"] > 1:
        yield (
            f"{where}.count is {process['count']}, but the process is exclusive, so there must be "
            "one of it: remove one of the two."
        )
    if process["check"] and process["probation"] <= 0:
        yield (
            f"{where}.probation is {process['probation']:g}, but {where}.check needs time: write "
            "seconds, as in 30."
        )
    # systemd takes a timeout of 0 for infinity (systemd.service(5)).
    for name, least, example in (("stop_timeout", 1, "60"), ("probation", 0, "5")):
        if process[name] < least:
            yield f"{where}.{name} is {process[name]:g}: write seconds, as in {example}."
