"""The schedules of an app: timers that start commands of the current release.

Their units have no release in their names, so systemd never runs one schedule twice at once, and
its last run stays known (systemd.timer(5)). A release has its own copy of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import units
from ansible_collections.subsite.deploy.plugins.module_utils.layout import (
    TIMER_STAMP_DIR,
    TIMER_WANTS_DIR,
    UNIT_DIR,
    layout,
)

STOP_TIMEOUT = 60
"""Seconds that a run has to end, before it is killed."""


def timers(app: str, release: str) -> list[str]:
    """Return the timers of a release."""
    units_dir = Path(layout(app, release).schedule_units_dir)
    return sorted(path.name for path in units_dir.glob("*.timer"))


def unit_files(app: str, release: str) -> list[dict]:
    """Return the entries of file_set that make the schedules of a release current."""
    contents = _contents(app, release)
    wanted: dict[str, dict] = {
        f"{UNIT_DIR}/{name}": {"content": content} for name, content in contents.items()
    }
    wanted |= {f"{TIMER_WANTS_DIR}/{name}": {"link": f"../{name}"} for name in timers(app, release)}
    pattern = layout(app).schedule_unit_pattern
    found = [*Path(UNIT_DIR).glob(pattern), *Path(TIMER_WANTS_DIR).glob(pattern)]
    absent = {str(path): {"absent": True} for path in found if str(path) not in wanted}
    return [{"dest": path, **entry} for path, entry in {**wanted, **absent}.items()]


def changed_timers(app: str, release: str) -> list[dict]:
    """Return the entries of file_set that remove the timers that a release lacks or changes.

    systemd has to forget when they elapsed: what another calendar would have run since then would
    count as missed, and run at once.
    """
    contents = _contents(app, release)
    changed = [
        path.name
        for path in sorted(Path(UNIT_DIR).glob(f"{layout(app).schedule_unit_pattern}.timer"))
        if contents.get(path.name) != path.read_text()
    ]
    return [
        {"dest": path, "absent": True}
        for timer in changed
        for path in (
            f"{UNIT_DIR}/{timer}",
            f"{TIMER_WANTS_DIR}/{timer}",
            f"{TIMER_STAMP_DIR}/stamp-{timer}",
        )
    ]


def _contents(app: str, release: str) -> dict[str, str]:
    """Return the units of a release's schedules, by their names."""
    units_dir = Path(layout(app, release).schedule_units_dir)
    return {path.name: path.read_text() for path in sorted(units_dir.glob("*"))}


@contextmanager
def paused(app: str) -> Iterator[None]:
    """Stop the timers and the runs under way, and start the timers that there are afterwards.

    A run that was due meanwhile starts afterwards. So does one that was stopped, if its timer makes
    up for what it missed.
    """
    pattern = layout(app).schedule_unit_pattern
    running = list(units.running(f"{pattern}.timer"))
    due = {timer: units.time_of(timer, "NextElapseUSecRealtime") for timer in running}
    units.stop(running, STOP_TIMEOUT)
    interrupted = list(units.running(f"{pattern}.service"))
    units.stop(interrupted, 2 * STOP_TIMEOUT)
    again = {
        timer
        for timer in running
        if service_of(timer) in interrupted and units.show(timer, "Persistent") == "yes"
    }
    waiting = {
        timer: moment
        for timer, moment in due.items()
        if service_of(timer) in interrupted or units.time_of(timer, "LastTriggerUSec") < moment
    }
    try:
        yield
    finally:
        started = sorted(path.name for path in Path(UNIT_DIR).glob(f"{pattern}.timer"))
        if started:
            units.systemctl("start", *started)
        missed = {timer for timer, moment in waiting.items() if 0 < moment <= time.time()}
        runs = [service_of(timer) for timer in started if timer in again | missed]
        if runs:
            units.systemctl("start", "--no-block", *runs)
        forget_failures(pattern)


def forget_failures(pattern: str) -> None:
    """Reset the failed state of services that there are no more."""
    failed_units = units.in_state("failed", f"{pattern}.service")
    gone = [service for service in failed_units if not Path(UNIT_DIR, service).exists()]
    if gone:
        units.systemctl("reset-failed", *gone)


def service_of(timer: str) -> str:
    """Return the service that ``timer`` starts."""
    return timer.removesuffix(".timer") + ".service"


def failed(app: str) -> dict[str, str]:
    """Return the services whose last run failed, and how, as ``exit-code, status 3``."""
    pattern = layout(app).schedule_unit_pattern
    found = units.in_state("failed", f"{pattern}.service")
    states = {unit: units.state_of(unit) for unit in found}
    return {
        unit: f"{state['Result']}, status {state['ExecMainStatus']}"
        for unit, state in states.items()
    }
