"""Schedules run the current release at their times, with every backend."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial

import pytest
from patience import eventually

pytestmark = pytest.mark.operations

APP = {"app": "timed"}
UNITS = "wsgi-timed_schedule_"
NOTES = "/var/lib/wsgi/timed/data/notes"
SLOT = 5
"""Seconds between two runs."""
CODE = """
import os, pathlib, signal, sys, time

begins, version = time.time(), pathlib.Path("version").read_text().strip()

def note(what):
    with (pathlib.Path.home() / "notes").open("a") as file:
        print(what, sys.argv[1], version, begins, os.getuid(), os.environ["COLOUR"], file=file)

def end(*_):
    note("is-stopped")
    sys.exit()

signal.signal(signal.SIGTERM, end)
note("begins")
if "long" in sys.argv:
    signal.pause()
"""
OFTEN = {"name": "often", "command": "python3 timed.py often", "calendar": f"*:*:0/{SLOT}"}
DAILY = {"name": "daily", "command": "python3 timed.py daily", "calendar": "daily"}


def settings(*schedules: dict) -> dict:
    return {**APP, "wsgi_app_environment": {"COLOUR": "red"}, "wsgi_app_schedules": schedules}


@dataclass(frozen=True)
class Note:
    """What a run wrote."""

    what: str
    name: str
    version: str
    began: float
    uid: str
    colour: str

    @property
    def slot(self) -> int:
        """The time for which the run began."""
        return int(self.began // SLOT)


@pytest.fixture(scope="module")
def timed(source):
    """Return a function that makes a source with the program of the schedules."""
    return lambda: source(**{"timed.py": CODE})


@pytest.fixture(scope="module")
def notes(host):
    """Return a function that returns what the runs of one schedule wrote, in order."""

    def find(name: str) -> list[Note]:
        lines = host.run(f"cat {NOTES}").stdout.splitlines()
        noted = [
            Note(*line.split()[:3], float(line.split()[3]), *line.split()[4:]) for line in lines
        ]
        return [note for note in noted if note.name == name]

    return find


@pytest.fixture
def forgotten(host):
    """Remove the notes of earlier tests."""
    host.check_output(f"rm -f {NOTES}")


@pytest.fixture(scope="module")
def timers(host):
    """Return a function that names the schedules whose timers are active."""

    def find() -> set[str]:
        listed = host.check_output(
            f"systemctl list-units --state=active --plain --no-legend --full '{UNITS}*.timer'"
        )
        names = [line.split()[0] for line in listed.splitlines()]
        return {name.removeprefix(UNITS).removesuffix(".timer") for name in names}

    return find


def test_no_time_is_lost_or_doubled_by_a_switch(timed, deploy, notes, host, forgotten):
    def ran(version: str) -> bool:
        return version in {note.version for note in notes("often")}

    # Its run goes on at each switch, and takes two seconds to end.
    slow = {
        **DAILY,
        "name": "slow",
        "command": "sh -c 'trap \"sleep 2; exit\" TERM; sleep 100 & wait'",
    }
    for release in (timed(), timed(), timed()):
        deploy(release, **settings(OFTEN, slow))
        host.check_output(f"systemctl start --no-block {UNITS}slow")
        assert eventually(partial(ran, release.version), seconds=3 * SLOT)
    assert "changed=0 " in deploy(release, **settings(OFTEN, slow))
    complete: Counter[int] = Counter()
    for note in notes("often"):
        complete[note.slot] += 1 if note.what == "begins" else -1
    assert complete == dict.fromkeys(range(min(complete), max(complete) + 1), 1)
    versions = [note.version for note in notes("often")]
    assert versions == sorted(versions), "an earlier release never runs again"
    uid = host.check_output("id --user wsgi-timed")
    assert {(note.uid, note.colour) for note in notes("often")} == {(uid, "red")}


def test_run_under_way_ends_with_its_release(timed, deploy, notes, host, forgotten):
    """One that catches up begins again."""
    old, new = timed(), timed()
    schedules = [
        {"name": name, "command": f"python3 timed.py {name} long", "calendar": "daily"}
        for name in ("once", "again")
    ]
    schedules[1]["catch_up"] = True
    deploy(old, **settings(*schedules))
    host.check_output(f"systemctl start --no-block {UNITS}once {UNITS}again")
    assert eventually(lambda: notes("once") and notes("again"))
    deploy(new, **settings(*schedules))
    assert eventually(lambda: len(notes("again")) == 3)
    ended = [("begins", old.version), ("is-stopped", old.version)]
    assert [(note.what, note.version) for note in notes("once")] == ended
    assert [(note.what, note.version) for note in notes("again")] == [
        *ended,
        ("begins", new.version),
    ]


def test_run_that_fails_is_visible_until_one_succeeds(
    timed, deploy, operate, notes, host, forgotten
):
    broken = {**DAILY, "command": "sh -c 'echo I am broken; exit 3'"}
    slow = {**DAILY, "name": "slow", "command": "python3 timed.py slow long", "timeout": 5}
    deploy(timed(), **settings(broken, slow))
    for name in ("daily", "slow"):
        assert host.run(f"systemctl start {UNITS}{name}").rc == 1
        assert f"{UNITS}{name}.service" in host.check_output("systemctl --failed --plain --full")
    assert notes("slow")[1].what == "is-stopped"
    assert "I am broken" in host.check_output("journalctl --identifier wsgi-timed-daily")
    found = operate("releases", wsgi_app_name="timed")
    assert found.returncode == 2
    assert f"{UNITS}daily.service failed (exit-code, status 3)" in found.stdout
    assert f"{UNITS}slow.service failed (timeout" in found.stdout
    deploy(timed(), **settings(DAILY))
    found = operate("releases", wsgi_app_name="timed")
    assert found.returncode == 2, "it has not run since"
    assert f"{UNITS}slow" not in found.stdout, "the schedule is gone"
    host.check_output(f"systemctl start {UNITS}daily")
    assert operate("releases", wsgi_app_name="timed").returncode == 0


def test_failed_release_leaves_the_schedules(timed, play, timers, host):
    broken = {"name": "worker", "command": "false", "probation": 1}
    run = play(timed(), **settings(OFTEN), wsgi_app_processes=[broken])
    assert run.returncode == 2
    assert timers() == {"daily"}
    host.check_output(f"systemctl start {UNITS}daily")


def test_unusable_calendar_is_an_input_error(timed, play, host, timers):
    before = host.check_output("ls /srv/wsgi/timed/releases")
    run = play(timed(), **settings({**OFTEN, "calendar": "each day"}))
    assert run.returncode == 2
    assert "wsgi_app_schedules[often].calendar is 'each day', which systemd does not" in run.stdout
    assert (timers(), host.check_output("ls /srv/wsgi/timed/releases")) == ({"daily"}, before)


def test_catch_up_after_a_boot(timed, deploy, notes, timers, boot, host, forgotten):
    late = {**DAILY, "name": "late", "command": "python3 timed.py late", "catch_up": True}
    deploy(timed(), **settings(DAILY, late))
    stamps = "/var/lib/systemd/timers"
    host.check_output(f"touch --date '2 days ago' {stamps}/stamp-{UNITS}late.timer")
    boot()
    assert eventually(lambda: timers() == {"daily", "late"}, seconds=60)
    assert eventually(lambda: len(notes("late")) == 1, seconds=60)
    assert notes("daily") == []


def test_another_calendar_makes_up_for_nothing(timed, deploy, notes, host, forgotten):
    """What it would have run before now is not missed."""
    late = {**DAILY, "name": "late", "command": "python3 timed.py late", "catch_up": True}
    stamp = f"/var/lib/systemd/timers/stamp-{UNITS}late.timer"
    host.check_output(f"touch --date '2 hours ago' {stamp}")
    deploy(timed(), **settings(OFTEN, {**late, "calendar": "*:*:0"}))
    assert eventually(lambda: len(notes("late")) == 1, seconds=70)
    assert notes("late")[0].began % 60 < SLOT


def test_timer_that_was_stopped_starts_again(timed, deploy, timers, host):
    release = timed()
    deploy(release, **settings(DAILY))
    host.check_output(f"systemctl stop {UNITS}daily.timer")
    deploy(release, **settings(DAILY))
    assert timers() == {"daily"}


def test_rollback_brings_the_schedules_back(operate, timers):
    done = operate("rollback", wsgi_app_name="timed")
    assert done.returncode == 0, done.stdout
    assert timers() == {"often", "late"}


def test_app_that_is_removed_leaves_no_schedule(timed, play, host):
    run = play(timed(), **settings(OFTEN), wsgi_app_state="absent")
    assert run.returncode == 0, run.stdout
    units = host.check_output(f"systemctl list-units --all --plain --no-legend '{UNITS}*'")
    places = "/etc/systemd /run /var/lib/systemd/timers"
    files = host.check_output(f"find {places} -name '*wsgi*timed*'")
    assert (units, files) == ("", "")
