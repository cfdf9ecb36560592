"""From one backend to another is one deploy: no request fails, and nothing is left behind."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from client import ask

WALK = ["systemd", "podman", "docker", "systemd"]
STEPS = [f"{before} to {after}" for before, after in itertools.pairwise(WALK)]
ENGINES = ["podman", "docker"]
KEPT = 2
"""The releases that a host keeps: the current one and those to roll back to."""


@dataclass
class Walk:
    """The requests of clients, and what served and ran after each step."""

    version: str
    watch: object
    served: dict[str, set[str]] = field(default_factory=dict)
    running: dict[str, dict[str, int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def running(host):
    """Return a function that counts the containers in which each engine runs the app."""

    def count() -> dict[str, int]:
        listed = "ps --quiet --filter name=wsgi-news."
        return {engine: len(host.check_output(f"{engine} {listed}").split()) for engine in ENGINES}

    return count


@pytest.fixture(scope="module")
def walk(source, deploy, clients, running) -> Walk:
    release = source()
    deploy(release, wsgi_app_backend=WALK[0])
    with clients() as watch:
        walk = Walk(release.version, watch)
        for step, backend in zip(STEPS, WALK[1:], strict=True):
            with watch.event(step):
                deploy(release, wsgi_app_backend=backend, wsgi_app_keep_releases=KEPT)
            walk.served[step] = {ask("/news/").text.partition(",")[0] for _ in range(8)}
            walk.running[step] = running()
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
