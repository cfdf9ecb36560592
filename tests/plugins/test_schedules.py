"""Schedules of a release become current, and no run that was due is lost.

systemd is replaced here; scenario `release` has schedules on hosts.
"""

from __future__ import annotations

import dataclasses
import time
from fnmatch import fnmatch
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import layout, schedules, units

TIMER = "wsgi-shop_schedule_mails.timer"
SERVICE = "wsgi-shop_schedule_mails.service"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the units and the release of the app below a temporary directory."""
    for name, directory in (
        ("UNIT_DIR", "units"),
        ("TIMER_WANTS_DIR", "wants"),
        ("TIMER_STAMP_DIR", "stamps"),
    ):
        (tmp_path / directory).mkdir()
        monkeypatch.setattr(schedules, name, str(tmp_path / directory))
    made = layout.layout

    def moved(name: str, release: str = "*") -> layout.Layout:
        return dataclasses.replace(made(name, release), schedule_units_dir=f"{tmp_path}/{release}")

    monkeypatch.setattr(schedules, "layout", moved)
    return tmp_path


@pytest.fixture
def release(places: Path):
    """Return a function that makes a release with one schedule for each calendar."""

    def make(name: str, **calendars: str) -> None:
        (places / name).mkdir()
        for schedule, calendar in calendars.items():
            stem = places / name / f"wsgi-shop_schedule_{schedule}"
            stem.with_suffix(".timer").write_text(f"OnCalendar={calendar}\n")
            stem.with_suffix(".service").write_text(f"release={name}\n")

    return make


@pytest.fixture
def make_current(places: Path):
    """Return a function that places the files of a release's schedules."""

    def make(name: str) -> None:
        changed = schedules.changed_timers("shop", name)
        for entry in [*changed, *schedules.unit_files("shop", name)]:
            path = Path(entry["dest"])
            path.unlink(missing_ok=True)
            if "content" in entry:
                path.write_text(entry["content"])
            elif "link" in entry:
                path.symlink_to(entry["link"])

    return make


def files(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_units_of_the_release_replace_others(release, make_current, places):
    release("one", mails="daily", report="weekly")
    release("two", mails="daily", backup="hourly")
    make_current("one")
    make_current("two")
    names = {f"wsgi-shop_schedule_{name}" for name in ("mails", "backup")}
    assert files(places / "wants") == {f"{name}.timer" for name in names}
    assert files(places / "units") == {f"{name}.{kind}" for name in names for kind in UNIT_KINDS}
    assert (places / "units" / SERVICE).read_text() == "release=two\n"


UNIT_KINDS = ("timer", "service")


@pytest.mark.parametrize(
    ("calendar", "stays"),
    [
        pytest.param("daily", True, id="same calendar"),
        pytest.param("hourly", False, id="another calendar"),
    ],
)
def test_timer_of_another_calendar_is_a_new_one(
    release, make_current, places, calendar: str, stays: bool
):
    release("one", mails="daily")
    release("two", mails=calendar)
    make_current("one")
    stamp = places / "stamps" / f"stamp-{TIMER}"
    stamp.touch()
    assert [entry["dest"] for entry in schedules.changed_timers("shop", "two")] == (
        [] if stays else [str(places / "units" / TIMER), str(places / "wants" / TIMER), str(stamp)]
    )
    make_current("two")
    assert stamp.exists() == stays


def test_release_without_schedules(release, make_current, places):
    release("one", mails="daily")
    release("two")
    make_current("one")
    (places / "stamps" / f"stamp-{TIMER}").touch()
    make_current("two")
    assert [files(places / name) for name in ("units", "wants", "stamps")] == [set()] * 3


class Systemd:
    """Timers and services that run, when timers elapse, and what was done."""

    def __init__(
        self, due: float, elapsed: float = 0, under_way: bool = False, catches_up: bool = False
    ) -> None:
        self.catches_up = catches_up
        self.failed: set[str] = set()
        self.active = {TIMER, SERVICE} if under_way else {TIMER}
        self.times = {"NextElapseUSecRealtime": due, "LastTriggerUSec": elapsed}
        self.log: list[str] = []

    def running(self, pattern: str) -> dict[str, str]:
        return {unit: "active" for unit in sorted(self.active) if fnmatch(unit, pattern)}

    def in_state(self, state: str, pattern: str) -> dict[str, str]:
        return dict.fromkeys(sorted(self.failed), state)

    def show(self, unit: str, name: str) -> str:
        return "yes" if self.catches_up else "no"

    def stop(self, names: list[str], timeout: float) -> None:
        self.log += [f"stop {name}" for name in names]
        self.active -= set(names)

    def time_of(self, unit: str, name: str) -> float:
        return self.times[name]

    def systemctl(self, *arguments: str) -> None:
        self.log.append(" ".join(arguments))


@pytest.fixture
def paused(places: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that pauses the schedules of an app, with this state of systemd."""
    (places / "units" / TIMER).touch()

    def pause(systemd: Systemd) -> list[str]:
        for name in ("running", "in_state", "show", "stop", "time_of", "systemctl"):
            monkeypatch.setattr(units, name, getattr(systemd, name))
        with schedules.paused("shop"):
            systemd.log.append("switch")
        return systemd.log

    return pause


NOW = time.time()


def test_timer_does_not_elapse_in_the_pause(paused):
    assert paused(Systemd(due=NOW + 60)) == [f"stop {TIMER}", "switch", f"start {TIMER}"]


def test_run_under_way_stops(paused):
    log = paused(Systemd(due=0, elapsed=NOW - 5, under_way=True))
    assert log == [f"stop {TIMER}", f"stop {SERVICE}", "switch", f"start {TIMER}"]


@pytest.mark.parametrize(
    ("systemd", "runs"),
    [
        pytest.param(Systemd(due=NOW - 1, elapsed=NOW - 60), True, id="in the pause"),
        pytest.param(Systemd(due=NOW - 1, elapsed=NOW - 1), False, id="just before it stopped"),
        pytest.param(Systemd(NOW - 1, NOW - 1, under_way=True), True, id="and the run was stopped"),
        pytest.param(Systemd(due=0, elapsed=NOW - 60), False, id="never again"),
        pytest.param(Systemd(NOW + 9, NOW - 1, under_way=True), False, id="but its run began"),
        pytest.param(
            Systemd(NOW + 9, NOW - 1, under_way=True, catches_up=True), True, id="to be made up"
        ),
    ],
)
def test_run_that_was_due(paused, systemd: Systemd, runs: bool):
    assert (f"start --no-block {SERVICE}" in paused(systemd)) == runs


def test_failure_of_a_removed_schedule_is_forgotten(places, paused):
    systemd = Systemd(due=NOW + 60)
    (places / "units" / SERVICE).touch()
    systemd.failed = {SERVICE, "wsgi-shop_schedule_gone.service"}
    assert paused(systemd)[-1] == "reset-failed wsgi-shop_schedule_gone.service"


def test_timers_start_again_after_a_failure(places, paused, monkeypatch):
    systemd = Systemd(due=NOW + 60)
    paused(systemd)
    with pytest.raises(OSError, match="disk"), schedules.paused("shop"):
        raise OSError("disk")
    assert systemd.log[-1] == f"start {TIMER}"
