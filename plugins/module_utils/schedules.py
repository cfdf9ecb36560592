"""The schedules of an app: timers that start commands of the current release.

Their units have no release in their names, so systemd never runs one schedule twice at once, and
its last run stays known (systemd.timer(5)). A release has its own copy of them.
"""

from __future__ import annotations

from contextlib import suppress
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
    return [name for name in _contents(app, release) if name.endswith(".timer")]


def unit_files(app: str, release: str) -> list[dict]:
    """Return the entries of file_set that make the schedules of a release current."""
    wanted: dict[str, dict] = {
        f"{UNIT_DIR}/{name}": {"content": content}
        for name, content in _contents(app, release).items()
    }
    wanted |= {f"{TIMER_WANTS_DIR}/{name}": {"link": f"../{name}"} for name in timers(app, release)}
    pattern = layout(app).schedule_unit_pattern
    found = [*Path(UNIT_DIR).glob(pattern), *Path(TIMER_WANTS_DIR).glob(pattern)]
    absent = {str(path): {"absent": True} for path in found if str(path) not in wanted}
    return [{"dest": path, **entry} for path, entry in {**wanted, **absent}.items()]


def outdated_timers(app: str, release: str) -> list[str]:
    """Return the timers of the host that a release lacks or changes, or that do not run."""
    pattern = f"{layout(app).schedule_unit_pattern}.timer"
    running, contents = units.running(pattern), _contents(app, release)
    return [
        path.name
        for path in sorted(Path(UNIT_DIR).glob(pattern))
        if path.name not in running or path.read_text() != contents.get(path.name)
    ]


def removal(app: str, release: str, outdated: list[str]) -> list[dict]:
    """Return the entries of file_set that let systemd forget timers, before they start anew.

    systemd counts from when they elapsed, or started, before. What the timer would have run since
    then would run at once.
    """
    contents = _contents(app, release)
    changed = [
        timer for timer in outdated if Path(UNIT_DIR, timer).read_text() != contents.get(timer)
    ]
    paths = [
        f"{directory}/{timer}" for timer in outdated for directory in (UNIT_DIR, TIMER_WANTS_DIR)
    ]
    paths += [f"{TIMER_STAMP_DIR}/stamp-{timer}" for timer in changed]
    return [{"dest": path, "absent": True} for path in paths]


def start_timers(app: str, release: str) -> None:
    """Start the timers of a release, and forget the failures of schedules that it lacks."""
    started = timers(app, release)
    if started:
        units.systemctl("start", *started)
    failures = units.in_state("failed", f"{layout(app).schedule_unit_pattern}.service")
    gone = [service for service in failures if not Path(UNIT_DIR, service).exists()]
    if gone:
        units.systemctl("reset-failed", *gone)


def end_runs(app: str, reloading: float, reloaded: float) -> None:
    """Stop the runs of the release that was current until systemd was reloaded.

    One that catches up begins again. So does one that has just begun.

    :param reloading: the time before the reload, and ``reloaded``: after it (``time.monotonic``).
    """
    found = units.running(f"{layout(app).schedule_unit_pattern}.service")
    began = {unit: units.monotonic(unit, "InactiveExitTimestampMonotonic") for unit in found}
    ended = [unit for unit, moment in began.items() if moment <= reloaded]
    again = [unit for unit in ended if began[unit] >= reloading or _catches_up(unit)]
    # A timer that elapses meanwhile cancels the command, but the run ends before the next begins.
    with suppress(units.SystemctlError):
        units.stop(ended, 2 * STOP_TIMEOUT)
    if again:
        units.systemctl("start", "--no-block", *again)


def _catches_up(service: str) -> bool:
    return units.show(service.removesuffix(".service") + ".timer", "Persistent") == "yes"


def service_of(timer: str) -> str:
    """Return the service that ``timer`` starts."""
    return timer.removesuffix(".timer") + ".service"


def failed(app: str) -> dict[str, str]:
    """Return the services whose last run failed, and how, as ``exit-code, status 3``."""
    found = units.in_state("failed", f"{layout(app).schedule_unit_pattern}.service")
    states = {unit: units.state_of(unit) for unit in found}
    return {
        unit: f"{state['Result']}, status {state['ExecMainStatus']}"
        for unit, state in states.items()
    }


def _contents(app: str, release: str) -> dict[str, str]:
    """Return the units of a release's schedules, by their names."""
    units_dir = Path(layout(app, release).schedule_units_dir)
    return {path.name: path.read_text() for path in sorted(units_dir.glob("*"))}
