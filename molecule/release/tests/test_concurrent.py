"""Concurrent runs: of two versions, of one version twice, and of two apps with setup commands."""

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
    assert {run.returncode for run in race.runs} == {0, 2}, outputs(race.runs)
    [stopped] = [run for run in race.runs if run.returncode]
    assert "Another run has begun to change" in stopped.stdout


def test_no_request_fails(race):
    assert race.failures == {}


def test_next_run_converges(race):
    assert race.converged == {race.last}


def outputs(runs: list[subprocess.CompletedProcess[str]]) -> str:
    """Return what each run has printed."""
    return "\n".join(f"Run {number}:\n{run.stdout}" for number, run in enumerate(runs, 1))


@pytest.fixture(scope="module")
def twins(source, play) -> tuple[str, list[subprocess.CompletedProcess[str]], str]:
    """Deploy one version with static files twice at once, and then again.

    Return the version, the concurrent runs, and the output of the last one.
    """
    release = source()
    settings = {
        "wsgi_app_build_commands": ["mkdir static", "sleep 1", "cp version static"],
        "wsgi_app_static_paths": ["static"],
        "wsgi_app_setup_commands": ["sleep 1"],
    }
    with ThreadPoolExecutor() as runs:
        done = list(runs.map(lambda _: play(release, **settings), range(2)))
    return release.version, done, play(release, **settings).stdout


def test_one_version_is_built_by_the_newer_run(twins, versions, host):
    version, runs, _ = twins
    assert sorted(run.returncode for run in runs) == [0, 2], outputs(runs)
    [stopped] = [run for run in runs if run.returncode]
    assert "Another run has begun to change" in stopped.stdout
    assert versions() == {f"200 {version}"}
    served = host.check_output("cat /var/lib/wsgi/news/static/current/static/version")
    assert served.strip() == version


def test_version_is_complete_afterwards(twins, host):
    assert "changed=0 " in twins[2], twins[2]
    left = host.check_output("ls /var/lib/wsgi/news/static").split()
    assert [name for name in left if name == "next" or name.endswith(".partial")] == []
    assert host.run("ls -d /srv/wsgi/news/releases/*/unbuilt").stdout == ""


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
