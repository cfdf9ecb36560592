"""A deploy may be interrupted anywhere: the current release serves, and the next run converges.

A complete run announces its steps (tests/callback_plugins/announce.py). The tests interrupt a run
before each task, within each call to the host, and, by loss of power, after each change. A task
without a call changes nothing, so that one interruption covers it and the next task.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

START = "Start the release, make it current, and stop the previous one"
SAMPLE = 5
"""After one in SAMPLE interruptions, a second run has to change nothing."""
EVERY = int(os.environ.get("SUBSITE_EVERY", "1"))
"""The tests try one in EVERY points."""
TURN = int(os.environ.get("SUBSITE_TURN", "0"))
"""Which points: each number selects others."""


@dataclass(frozen=True)
class Point:
    """Where to interrupt a run: the nth step of this kind and name, and the delay (s)."""

    kind: str
    name: str
    occurrence: int
    after: float


@dataclass(frozen=True)
class Cut:
    """The answers after an interrupted run, and after the next one."""

    point: Point
    allowed: set[str]
    served: set[str]
    nginx_was_changed: bool
    new: str
    converged: set[str]
    changed_then: bool


@pytest.fixture(scope="module")
def whole(source, begin, deploy) -> list:
    """Return the steps of a complete run."""
    deploy(source())
    return steps_of(begin(source()))


@pytest.fixture(scope="module")
def points(whole) -> dict[str, list[Point]]:
    """Return the points to interrupt, for each kind of step."""
    return points_in(whole)


def steps_of(run) -> list:
    """Return all steps of ``run``, which has to succeed."""
    steps = list(run.steps())
    assert run.process.returncode == 0
    return steps


def points_in(steps: list) -> dict[str, list[Point]]:
    """Return the points to interrupt in a run of these ``steps``, for each kind."""
    found: dict[str, list[Point]] = {"task": [], "call": [], "change": []}
    occurrences: Counter[tuple[str, str]] = Counter()
    before = "call"
    for step, following in itertools.pairwise(steps):
        half = (following.at - step.at) / 2 if step.kind == "call" else 0
        occurrences[step.kind, step.name] += 1
        occurrence = occurrences[step.kind, step.name]
        if (before, step.kind) != ("task", "task"):
            found[step.kind].append(Point(step.kind, step.name, occurrence, half))
        before = step.kind
    return {kind: those[TURN % min(EVERY, len(those)) :: EVERY] for kind, those in found.items()}


@pytest.fixture(scope="module")
def cut(host, source, begin, deploy, versions):
    """Return a function that interrupts runs at points and then deploys again."""

    def woken() -> str:
        unit = host.check_output("readlink /etc/systemd/system/wsgi-news.service")
        record = f"/srv/wsgi/news/releases/{unit.split('.')[1]}/release.json"
        return json.loads(host.file(record).content_string)["revision"]

    def nginx() -> str:
        return host.check_output("find /etc/nginx -type f | sort | xargs sha256sum")

    def cut_off(points: list[Point], lose, boots: bool = False) -> list[Cut]:
        cuts, before, configuration = [], source(), nginx()
        deploy(before)
        for count, point in enumerate(points):
            new = source()
            run = begin(new)
            started = run_until(run, point)
            lose(run)
            may_serve = {before, new if started else before}
            if boots:
                may_serve = {source for source in may_serve if source.revision == woken()}
            served, nginx_was_changed = versions(), nginx() != configuration
            deploy(new)
            cuts.append(
                Cut(
                    point,
                    {f"200 {source.version}" for source in may_serve},
                    served,
                    nginx_was_changed,
                    f"200 {new.version}",
                    versions(),
                    count % SAMPLE == 0 and "changed=0" not in deploy(new),
                )
            )
            before = new
        return cuts

    return cut_off


def run_until(run, point: Point) -> bool:
    """Let ``run`` go on until ``point``, and return whether its release may have begun to serve."""
    started, to_come = False, point.occurrence
    for step in run.steps():
        started |= step.kind == "call" and START in step.name
        to_come -= (step.kind, step.name) == (point.kind, point.name)
        if to_come == 0:
            # The cut has to fall in the middle of a call. A module reports nothing until it ends,
            # so the middle is half the time that the same call took in a whole run.
            time.sleep(point.after)
            return started
    raise AssertionError(f"The run ended before {point}.")


@pytest.fixture(scope="module")
def before_tasks(points, cut) -> list[Cut]:
    """Lose the controller before each task."""
    return cut(points["task"], lambda run: run.cut())


@pytest.fixture(scope="module")
def within_calls(points, cut, hang_up) -> list[Cut]:
    """Lose the controller and its processes on the host within each call."""

    def lose(run) -> None:
        hang_up()
        run.cut()

    return cut(points["call"], lose)


@pytest.fixture(scope="module")
def after_changes(points, cut, boot) -> list[Cut]:
    """Lose the host's power after each change, and boot it."""
    return cut(points["change"], lambda run: boot(run.cut), boots=True)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("before_tasks", id="controller lost before a task"),
        pytest.param("within_calls", id="run lost within a call"),
        pytest.param("after_changes", id="power lost after a change"),
    ],
)
def cuts(request) -> list[Cut]:
    return request.getfixturevalue(request.param)


def test_healthy_release_serves(cuts, tell, request):
    tell(f"{request.node.callspec.id}: runs were cut off at {len(cuts)} points")
    assert [c for c in cuts if not c.served or c.served - c.allowed] == []


def test_nginx_is_unchanged(cuts):
    assert [c.point for c in cuts if c.nginx_was_changed] == []


def test_next_run_converges(cuts):
    assert [(c.point, c.converged) for c in cuts if c.converged != {c.new}] == []


def test_second_run_changes_nothing(cuts):
    assert [c.point for c in cuts if c.changed_then] == []


@pytest.fixture
def on_probation(host, source, deploy):
    """Return a release that serves on probation, as if its run had ended before it ended that.

    That is within one call, too short for a cut to meet it.
    """
    release = source()
    deploy(release)
    service = host.check_output("readlink /etc/systemd/system/wsgi-news.service")
    drop_ins = f"/run/systemd/system/{service}.d"
    host.check_output(f"mkdir --parents {drop_ins}")
    host.check_output(f"printf '[Service]\\nRestart=no\\n' > {drop_ins}/probation.conf")
    host.check_output("systemctl daemon-reload")
    return release


def test_next_run_ends_an_interrupted_probation(on_probation, host, deploy):
    restart = "systemctl show --value --property=Restart wsgi-news.service"
    assert host.check_output(restart) == "no"
    deploy(on_probation)
    assert host.check_output(restart) == "on-failure"


@pytest.fixture(scope="module")
def firsts(host, source, begin, deploy) -> dict[Point, tuple[str, str]]:
    """Interrupt first deploys; return the expected and the real answer after the next run."""
    code = (
        "import http.client, socket, sys; c = http.client.HTTPConnection('localhost');"
        "c.sock = socket.socket(socket.AF_UNIX); c.sock.connect(sys.argv[1]);"
        "c.request('GET', sys.argv[2]); print(c.getresponse().read().decode())"
    )

    def cut(number: int, point: Point) -> tuple[str, str]:
        app, release = f"first{number}", source()
        run = begin(release, app=app)
        run_until(run, point)
        run.cut()
        deploy(release, app=app)
        answer = host.check_output("python3 -c %s %s %s", code, f"/run/wsgi/{app}.sock", f"/{app}/")
        return f"{release.version},,,0", answer

    points = points_in(steps_of(begin(source(), app="first")))["change"]
    with ThreadPoolExecutor(max_workers=2) as lanes:
        return dict(zip(points, lanes.map(cut, itertools.count(), points), strict=True))


def test_run_after_an_interrupted_first_run_converges(firsts, tell):
    tell(f"first deploys were interrupted after {len(firsts)} changes")
    assert [point for point, (wanted, answer) in firsts.items() if wanted != answer] == []
