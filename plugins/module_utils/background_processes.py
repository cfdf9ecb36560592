"""The background processes of an app's releases, and their units."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout


@dataclass(frozen=True)
class Process:
    """One background process of a release."""

    name: str
    """Its name in ``wsgi_app_processes``. With ``count``, several processes have the same."""
    unit: str
    exclusive: bool
    """Whether it must never run beside one of another release."""
    probation: float
    """Seconds that it has to stay up before its release is switched to."""
    check: str
    """A command that succeeds when it works; none if staying up is enough."""
    stop_timeout: float
    """Seconds that it has to end by itself."""


def of_release(app: str, release: str) -> list[Process]:
    """Return the background processes of a release; none if the release has no record of them."""
    try:
        recorded = json.loads(Path(layout(app, release).processes_path).read_text())
    except FileNotFoundError:
        return []
    return [Process(**process) for process in recorded]


def exclusive_names(processes: Iterable[Process]) -> set[str]:
    """Return the names of the exclusive ones of ``processes``."""
    return {process.name for process in processes if process.exclusive}
