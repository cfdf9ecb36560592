"""Schedules of a release become current, and runs of the previous one end.

systemd is replaced here; scenario `release` has schedules on hosts.
"""

from __future__ import annotations

import dataclasses
import fnmatch
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
def active() -> set[str]:
    """The units that run."""
    return set()


@pytest.fixture
def make_current(places: Path, active: set[str], monkeypatch: pytest.MonkeyPatch):
    """Return a function that places the files of a release's schedules, and starts its timers."""
    monkeypatch.setattr(
        units, "running", lambda pattern: dict.fromkeys(fnmatch.filter(active, pattern), "active")
    )

    def make(name: str) -> None:
        outdated = schedules.outdated_timers("shop", name)
        removal = schedules.removal("shop", name, outdated)
        for entry in [*removal, *schedules.unit_files("shop", name)]:
            path = Path(entry["dest"])
            path.unlink(missing_ok=True)
            if "content" in entry:
                path.write_text(entry["content"])
            elif "link" in entry:
                path.symlink_to(entry["link"])
        active.clear()
        active.update(schedules.timers("shop", name))

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
    ("calendar", "is_active", "outdated", "forgotten"),
    [
        pytest.param("daily", True, [], False, id="same calendar"),
        pytest.param("hourly", True, [TIMER], True, id="another calendar"),
        pytest.param("daily", False, [TIMER], False, id="timer that was stopped"),
    ],
)
def test_timers_that_start_anew(
    release, make_current, places, active, calendar, is_active: bool, outdated, forgotten: bool
):
    release("one", mails="daily")
    release("two", mails=calendar)
    make_current("one")
    stamp = places / "stamps" / f"stamp-{TIMER}"
    stamp.touch()
    if not is_active:
        active.clear()
    assert schedules.outdated_timers("shop", "two") == outdated
    removed = [entry["dest"] for entry in schedules.removal("shop", "two", outdated)]
    units_and_links = [
        str(places / name / timer) for timer in outdated for name in ("units", "wants")
    ]
    assert removed == units_and_links + [str(stamp)] * forgotten
    make_current("two")
    assert stamp.exists() != forgotten
    assert (places / "units" / TIMER).read_text() == f"OnCalendar={calendar}\n"


def test_release_without_schedules(release, make_current, places):
    release("one", mails="daily")
    release("two")
    make_current("one")
    (places / "stamps" / f"stamp-{TIMER}").touch()
    make_current("two")
    assert [files(places / name) for name in ("units", "wants", "stamps")] == [set()] * 3


class Systemd:
    """A run of a schedule that goes on, and what was done.

    The reload of systemd took from second 10 to second 11.
    """

    def __init__(self, began: float, catches_up: bool = False) -> None:
        self.began, self.catches_up = began, catches_up
        self.failed: set[str] = set()
        self.log: list[str] = []

    def running(self, pattern: str) -> dict[str, str]:
        return {SERVICE: "activating"}

    def in_state(self, state: str, pattern: str) -> dict[str, str]:
        return dict.fromkeys(sorted(self.failed), state)

    def monotonic(self, unit: str, name: str) -> float:
        return self.began

    def show(self, unit: str, name: str) -> str:
        assert unit == TIMER
        return "yes" if self.catches_up else "no"

    def stop(self, names: list[str], timeout: float) -> None:
        self.log += [f"stop {name}" for name in names]

    def systemctl(self, *arguments: str) -> None:
        self.log.append(" ".join(arguments))


@pytest.fixture
def replace_systemd(monkeypatch: pytest.MonkeyPatch):
    """Return a function that puts an object in the way of systemd."""

    def replace(systemd: Systemd) -> None:
        for name in ("running", "in_state", "monotonic", "show", "stop", "systemctl"):
            monkeypatch.setattr(units, name, getattr(systemd, name))

    return replace


@pytest.mark.parametrize(
    ("systemd", "log"),
    [
        pytest.param(Systemd(5), [f"stop {SERVICE}"], id="since before the reload"),
        pytest.param(
            Systemd(5, catches_up=True),
            [f"stop {SERVICE}", f"start --no-block {SERVICE}"],
            id="since before the reload, and catches up",
        ),
        pytest.param(
            Systemd(10.5),
            [f"stop {SERVICE}", f"start --no-block {SERVICE}"],
            id="begun while systemd reloaded",
        ),
        pytest.param(Systemd(11.5), [], id="of the new release"),
    ],
)
def test_run_that_goes_on(replace_systemd, systemd: Systemd, log: list[str]):
    replace_systemd(systemd)
    schedules.end_runs("shop", reloading=10, reloaded=11)
    assert systemd.log == log


def test_stop_that_a_timer_cancels(replace_systemd, monkeypatch: pytest.MonkeyPatch):
    systemd = Systemd(5, catches_up=True)
    replace_systemd(systemd)

    def cancel(names: list[str], timeout: float) -> None:
        raise units.SystemctlError(f"Job for {SERVICE} canceled.")

    monkeypatch.setattr(units, "stop", cancel)
    schedules.end_runs("shop", reloading=10, reloaded=11)
    assert systemd.log == [f"start --no-block {SERVICE}"]


def test_failure_of_a_removed_schedule_is_forgotten(replace_systemd, release, places):
    release("one", mails="daily")
    systemd = Systemd(5)
    replace_systemd(systemd)
    (places / "units" / SERVICE).touch()
    systemd.failed = {SERVICE, "wsgi-shop_schedule_gone.service"}
    schedules.start_timers("shop", "one")
    assert systemd.log == [f"start {TIMER}", "reset-failed wsgi-shop_schedule_gone.service"]
