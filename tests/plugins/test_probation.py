"""A background process has to prove that it works; scenario `release` has some on hosts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import layout, probation, units
from ansible_collections.subsite.deploy.plugins.module_utils.background_processes import Process

UP = {"ActiveState": "active", "NRestarts": "0", "Result": "success", "ExecMainStatus": "0"}
DOWN = {**UP, "ActiveState": "activating", "Result": "exit-code", "ExecMainStatus": "3"}


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The states of the process, one after another; the last one stays."""
    states = [UP]
    monkeypatch.setattr(
        units, "state_of", lambda unit: states.pop(0) if len(states) > 1 else states[0]
    )
    return states


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, states):
    """Return a function that begins the probation of a process."""
    release = tmp_path / "shop/releases/4d1c"
    release.mkdir(parents=True)
    (release / "run_settings").write_text("User=wsgi-shop\n")
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))

    output = (tmp_path / "output").open("w+b")

    def start(seconds: float, check: str = "") -> probation.Probation:
        worker = Process(
            name="worker",
            unit="wsgi-shop_process_worker_1.4d1c.service",
            exclusive=False,
            probation=seconds,
            check=check,
            stop_timeout=60,
        )
        return probation.Probation("shop", worker, "0", output)

    yield start
    output.close()


def ends(process: probation.Probation) -> None:
    """Wait until the check of a process has ended."""
    assert process.check
    process.check.wait()


@pytest.mark.parametrize(("seconds", "is_over"), [(60, False), (0, True)])
def test_process_without_a_check_stays_up(started, seconds: float, is_over: bool):
    assert started(seconds).is_over() == is_over


def test_process_that_ends(started, states):
    states[:] = [DOWN]
    with pytest.raises(probation.ProbationError, match="ended within 60 s .exit-code, status 3"):
        started(60).is_over()


def test_check_that_succeeds_ends_the_probation(started, stand_in):
    commands = stand_in("systemd-run")
    process = started(60, "ping $NAME")
    process.is_over()
    ends(process)
    assert process.is_over()
    [arguments] = commands()
    assert arguments[0].startswith("--property=RuntimeMaxSec=")
    assert "--property=User=wsgi-shop" in arguments
    assert arguments[-3:] == ["sh", "-c", "ping $$NAME"]


def test_process_that_ends_while_its_check_succeeds(started, states, stand_in):
    stand_in("systemd-run")
    process = started(60, "ping")
    process.is_over()
    ends(process)
    states[:] = [DOWN]
    with pytest.raises(probation.ProbationError, match="ended within"):
        process.is_over()


def test_check_that_fails_runs_again(started, stand_in):
    commands = stand_in("systemd-run", "sys.exit(len(open(sys.argv[0]).read()) and 1)")
    process = started(60, "ping")
    for _ in range(3):
        assert not process.is_over()
        ends(process)
    assert len(commands()) == 3


def test_check_that_fails_at_the_end(started, stand_in):
    stand_in("systemd-run", "print('no reply'); sys.exit(3)")
    process = started(60, "ping")
    assert not process.is_over()
    ends(process)
    process.end = time.monotonic()
    with pytest.raises(probation.ProbationError) as error:
        process.is_over()
    assert str(error.value) == (
        "The background process 'worker' of wsgi_app_processes did not pass its check within "
        "60 s. 'ping' ended with status 3:\nno reply"
    )


def test_check_whose_output_is_kept_open(started, stand_in):
    """A process of the app that keeps it open does not block root."""
    stand_in("systemd-run", "import subprocess; subprocess.Popen(['sleep', '60'])")
    process = started(60, "ping")
    process.is_over()
    began = time.monotonic()
    ends(process)
    assert process.is_over()
    assert time.monotonic() - began < 30
