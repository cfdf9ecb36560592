"""Concurrent runs: two versions of one app, and two apps with setup commands."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

NOTED = [
    'echo "$(cat version) begins $(date +%s.%N)" >> ~/set-up',
    "sleep 2",
    'echo "$(cat version) ends $(date +%s.%N)" >> ~/set-up',
]


@dataclass(frozen=True)
class Race:
    """The results of two concurrent runs, and of the run after them."""

    runs: list[subprocess.CompletedProcess[str]]
    versions: set[str]
    served: set[str]
    failures: dict
    last: str
    converged: set[str]


@pytest.fixture(scope="module")
def race(source, play, deploy, versions, clients) -> Race:
    rivals, last = [source(), source()], source()
    deploy(source())
    with clients() as watch, ThreadPoolExecutor() as runs:
        done = list(runs.map(play, rivals))
    served = versions()
    deploy(last)
    return Race(
        done,
        {f"200 {rival.version}" for rival in rivals},
        served,
        watch.failures,
        f"200 {last.version}",
        versions(),
    )


def test_one_release_serves(race):
    assert (len(race.served), race.served - race.versions) == (1, set())


def test_other_run_stops_with_a_message(race):
    assert {run.returncode for run in race.runs} == {0, 2}
    [stopped] = [run for run in race.runs if run.returncode]
    assert "Another run has begun to change" in stopped.stdout


def test_no_request_fails(race):
    assert race.failures == {}


def test_next_run_converges(race):
    assert race.converged == {race.last}


@pytest.fixture(scope="module")
def set_up(host, source, play_for, address) -> list[tuple[str, float]]:
    """Deploy two apps on one host at once, twice, and return the notes of the setup commands."""
    release = source()
    inventory = "".join(
        f"{app} app={app} ansible_host={address()}\n" for app in ("news", "letters")
    )
    for _ in range(2):
        play_for(inventory, release, wsgi_app_setup_commands=NOTED)
    noted = host.check_output("cd /var/lib/wsgi && cat news/data/set-up letters/data/set-up")
    mine = [line.split() for line in noted.splitlines() if line.startswith(f"{release.version} ")]
    return [(what, float(when)) for _, what, when in mine]


def test_setup_commands_run_once_per_app(set_up):
    assert sorted(what for what, _ in set_up) == ["begins"] * 2 + ["ends"] * 2


def test_setup_commands_wait_for_each_other(set_up):
    in_time = sorted(set_up, key=lambda noted: noted[1])
    assert [what for what, _ in in_time] == ["begins", "ends"] * 2
