"""Find what is wrong with the limits of an app."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MEMORY = re.compile(r"[1-9][0-9]*[KMG]")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_limits``."""
    yield from of("wsgi_app_limits", inputs.values["limits"])


def of(variable: str, limits: dict) -> Iterator[str]:
    """Yield what is wrong with the limits of a process."""
    memory, tasks, cpus = limits["memory"], limits["tasks"], limits["cpus"]
    if memory is not None and not MEMORY.fullmatch(memory):
        yield f"{variable}.memory is {memory!r}: write a size with its unit, as in '512M'."
    if tasks is not None and tasks < 1:
        yield (
            f"{variable}.tasks is {tasks}: write 1 or more. Each worker needs one, and one "
            "more for each of its threads."
        )
    if cpus is not None and cpus < 0.01:
        yield f"{variable}.cpus is {cpus}: write 0.01 or more, as in 1.5."
