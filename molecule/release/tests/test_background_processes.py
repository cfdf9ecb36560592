"""Background processes switch with their release, with every backend."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from patience import eventually

pytestmark = pytest.mark.operations

APP = {"app": "ticking"}
UNITS = "'wsgi-ticking_process_*'"
CODE = """
import os, pathlib, signal, sys

name = sys.argv[1]
version = pathlib.Path("version").read_text().strip()

def note(what):
    with (pathlib.Path.home() / "notes").open("a") as file:
        file.write(f"{what} {name} {version} {os.getuid()} {os.environ['COLOUR']}\\n")

def end(*_):
    note("ends")
    sys.exit()

signal.signal(signal.SIGTERM, end)
note("begins")
signal.pause()
"""
WORKER = {"name": "worker", "command": "python3 ticker.py worker", "count": 2, "probation": 1}
CLOCK = {"name": "clock", "command": "python3 ticker.py clock", "exclusive": True, "probation": 1}
SETTINGS = {
    **APP,
    "wsgi_app_environment": {"COLOUR": "red"},
    "wsgi_app_processes": [WORKER, CLOCK],
}


@pytest.fixture(scope="module")
def ticking(source):
    """Return a function that makes a source with the program of the processes."""
    return lambda: source(**{"ticker.py": CODE})


@pytest.fixture(scope="module")
def running(host):
    """Return a function that counts the processes that run, by name and release."""

    def find() -> Counter[tuple[str, str]]:
        listed = host.check_output(
            f"systemctl list-units --state=active --plain --no-legend --full {UNITS}"
        )
        names = [line.split()[0].partition("_process_")[2] for line in listed.splitlines()]
        parts = [name.split(".") for name in names if name.endswith(".service")]
        return Counter((process.rpartition("_")[0], release) for process, release, _ in parts)

    return find


@pytest.fixture(scope="module")
def notes(host):
    """Return a function that returns what the processes of one name noted, in order."""

    def find(name: str) -> list[tuple[str, str]]:
        noted = host.check_output("cat /var/lib/wsgi/ticking/data/notes").splitlines()
        fields = [line.split() for line in noted]
        return [(what, version) for what, who, version, *_ in fields if who == name]

    return find


@pytest.fixture(scope="module")
def current(host):
    """Return a function that names the current release."""
    link = "/etc/systemd/system/wsgi-ticking.service"
    return lambda: host.check_output(f"readlink {link}").split(".")[1]


@pytest.fixture(scope="module")
def first(ticking, deploy):
    """Deploy the first release with background processes."""
    made = ticking()
    deploy(made, **SETTINGS)
    return made


def test_processes_run_with_the_environment_of_the_app(first, running, current, host):
    assert running() == {("worker", current()): 2, ("clock", current()): 1}
    uid = host.check_output("id --user wsgi-ticking")
    notes = host.check_output("cat /var/lib/wsgi/ticking/data/notes").splitlines()
    assert sorted(notes) == [
        f"begins clock {first.version} {uid} red",
        f"begins worker {first.version} {uid} red",
        f"begins worker {first.version} {uid} red",
    ]


def test_run_that_changes_nothing(first, deploy, running):
    before = running()
    assert "changed=0 " in deploy(first, **SETTINGS)
    assert running() == before


def test_new_workers_begin_before_the_old_ones_end(first, ticking, deploy, running, current, notes):
    new = ticking()
    deploy(new, **SETTINGS)
    assert running() == {("worker", current()): 2, ("clock", current()): 1}
    assert notes("worker")[-4:] == [("begins", new.version)] * 2 + [("ends", first.version)] * 2


def test_exclusive_process_ends_before_the_new_one_begins(first, ticking, deploy, notes):
    old, new = ticking(), ticking()
    for release in (old, new):
        deploy(release, **SETTINGS)
    assert notes("clock")[-2:] == [("ends", old.version), ("begins", new.version)]


@pytest.mark.parametrize("name", ["worker", "clock"])
def test_process_that_ends_leaves_the_previous_release(
    ticking, deploy, play, running, notes, name: str
):
    good, bad = ticking(), ticking()
    deploy(good, **SETTINGS)
    before = running()
    commands = [
        {**process, "command": "sh -c 'echo I am broken; exit 3'"}
        if process["name"] == name
        else process
        for process in (WORKER, CLOCK)
    ]
    run = play(bad, **{**SETTINGS, "wsgi_app_processes": commands})
    assert run.returncode == 2
    assert f"The background process '{name}' of wsgi_app_processes ended" in run.stdout
    assert "I am broken" in run.stdout
    assert running() == before
    assert notes("clock")[-1] == ("begins", good.version)


def test_process_that_passes_its_check(ticking, deploy, running, current):
    """The probation ends with the first check that succeeds."""
    first = 'grep --quiet "begins worker $(cat version)" ~/notes'
    checked = {**WORKER, "check": first, "probation": 600}
    began = time.monotonic()
    deploy(ticking(), **{**SETTINGS, "wsgi_app_processes": [checked]})
    assert time.monotonic() - began < 300
    assert running() == {("worker", current()): 2}


def test_process_that_does_not_pass_its_check(ticking, deploy, play, running):
    deploy(ticking(), **SETTINGS)
    before = running()
    checked = {**WORKER, "check": "echo no reply from $COLOUR; exit 3", "probation": 2}
    run = play(ticking(), **{**SETTINGS, "wsgi_app_processes": [checked]})
    assert run.returncode == 2
    assert "'worker' of wsgi_app_processes did not pass its check within 2 s" in run.stdout
    assert "no reply from red" in run.stdout
    assert running() == before


def test_rollback_brings_the_processes_back(ticking, deploy, operate, running, current):
    deploy(ticking(), **SETTINGS)
    two = current()
    deploy(ticking(), **{**SETTINGS, "wsgi_app_processes": [{**WORKER, "count": 1}]})
    assert running() == {("worker", current()): 1}
    done = operate("rollback", wsgi_app_name="ticking")
    assert done.returncode == 0, done.stdout
    assert (current(), running()) == (two, {("worker", two): 2, ("clock", two): 1})


def test_process_that_ends_starts_again(ticking, deploy, running, host):
    deploy(ticking(), **SETTINGS)
    before = running()
    host.check_output(f"systemctl kill --signal=KILL {UNITS}")
    assert eventually(lambda: running() != before)
    assert eventually(lambda: running() == before)


def test_process_without_a_handler_ends_at_its_signal(ticking, deploy, host):
    """It is not process 1 of its namespace, for which the signal would have no effect."""
    plain = [
        {"name": signal.lower(), "command": "sleep infinity", "stop_signal": signal, "probation": 0}
        for signal in ("TERM", "INT")
    ]
    deploy(ticking(), **{**SETTINGS, "wsgi_app_processes": plain})
    began = time.monotonic()
    host.check_output(f"systemctl stop {UNITS}")
    assert time.monotonic() - began < 30, "the timeout is 60 s"


def test_host_that_boots_starts_the_processes(ticking, deploy, running, boot):
    deploy(ticking(), **SETTINGS)
    before = running()
    boot()
    assert eventually(lambda: running() == before, seconds=60)


def test_app_that_is_removed_leaves_no_process(ticking, deploy, play, host):
    deploy(ticking(), **SETTINGS)
    run = play(ticking(), **SETTINGS, wsgi_app_state="absent")
    assert run.returncode == 0, run.stdout
    units = host.check_output(f"systemctl list-units --all --plain --no-legend {UNITS}")
    files = host.check_output("find /etc/systemd /run -name 'wsgi*ticking*'")
    assert (units, files) == ("", "")
