"""From one backend to another is one deploy: no request fails, and nothing is left behind."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from client import ask

WALK = ["systemd", "podman", "docker", "systemd"]
STEPS = [f"{before} to {after}" for before, after in itertools.pairwise(WALK)]
ENGINES = ["podman", "docker"]
CLOCK = "sh -c 'began=$(date +%s%N); while echo $began >>~/ticks; do sleep 0.2; done'"
COMMANDS = {
    "wsgi_app_processes": [
        {"name": "clock", "command": CLOCK, "exclusive": True, "probation": 1},
    ],
    "wsgi_app_schedules": [
        {"name": "note", "command": "sh -c 'cat version >>~/noted'", "calendar": "daily"},
    ],
}
KEPT = 2
"""The releases that a host keeps: the current one and those to roll back to."""


@dataclass
class Walk:
    """The requests of clients, and what served and ran after each step."""

    version: str
    watch: object
    served: dict[str, set[str]] = field(default_factory=dict)
    running: dict[str, dict[str, int]] = field(default_factory=dict)
    clocks: dict[str, dict[str, int]] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def running(host):
    """Return a function that counts the containers in which each engine runs a part of the app."""

    def count(part: str) -> dict[str, int]:
        listed = f"ps --quiet --filter 'name=wsgi-news{part}[.]'"
        return {engine: len(host.check_output(f"{engine} {listed}").split()) for engine in ENGINES}

    return count


@pytest.fixture(scope="module")
def walk(source, deploy, clients, running, host) -> Walk:
    release = source()
    deploy(release, wsgi_app_backend=WALK[0], **COMMANDS)
    with clients() as watch:
        walk = Walk(release.version, watch)
        for step, backend in zip(STEPS, WALK[1:], strict=True):
            with watch.event(step):
                deploy(release, wsgi_app_backend=backend, wsgi_app_keep_releases=KEPT, **COMMANDS)
            walk.served[step] = {ask("/news/").text.partition(",")[0] for _ in range(8)}
            walk.running[step] = running("")
            walk.clocks[step] = running("_process_clock_1")
            walk.runs[step] = host.run("systemctl start wsgi-news_schedule_note").rc
    return walk


@pytest.mark.parametrize("step", STEPS)
def test_no_request_failed(walk, tell, step):
    requests = walk.watch.during(step)
    failed = [request for request in requests if request["failure"]]
    slowest = max(request["took"] for request in requests)
    tell(f"{step}: {len(failed)} of {len(requests)} requests failed, longest {slowest:.1f} s")
    assert (len(requests) > 0, failed) == (True, [])


def test_no_request_failed_between_steps(walk):
    assert walk.watch.failures == {}


@pytest.mark.parametrize(("step", "backend"), list(zip(STEPS, WALK[1:], strict=True)))
def test_only_the_new_backend_runs(walk, step, backend):
    assert walk.served[step] == {walk.version}
    assert walk.running[step] == {engine: int(engine == backend) for engine in ENGINES}
    assert walk.clocks[step] == walk.running[step]


def test_clock_never_runs_twice(walk, host):
    ticks = host.check_output("cat /var/lib/wsgi/news/data/ticks").splitlines()
    clocks = [began for began, _ in itertools.groupby(ticks)]
    assert len(clocks) == len(set(clocks)) == len(WALK)


def test_schedule_runs_with_each_backend(walk, host):
    assert walk.runs == dict.fromkeys(STEPS, 0)
    noted = host.check_output("cat /var/lib/wsgi/news/data/noted").split()
    assert noted == [walk.version] * len(STEPS)


@pytest.fixture(scope="module")
def settled(walk, source, deploy) -> None:
    """Deploy until no release of another backend is kept."""
    for _ in range(KEPT):
        deploy(source(), wsgi_app_keep_releases=KEPT)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "question",
    [
        *(f"{engine} ps --all --quiet --filter name=wsgi-news" for engine in ENGINES),
        *(f"{engine} image ls --quiet 'localhost/wsgi-news'" for engine in ENGINES),
        "find /etc/containers/systemd -name 'wsgi-news*'",
        "grep --recursive --files-with-matches -e podman -e docker /etc/systemd/system"
        " --include='wsgi-news*' || true",
    ],
)
def test_old_backend_leaves_nothing(host, question):
    assert host.check_output(question) == ""
