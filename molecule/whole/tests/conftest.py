"""The app `orders`: its releases, its background processes, and what they did."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from threading import Event

import pytest
from client import ask
from controller import PROJECT, Run, command_of, play
from patience import eventually

SCENARIO = PROJECT / "molecule/whole"
UNITS = "wsgi-orders_process_*"


@dataclass(frozen=True)
class Source:
    """A version of the app, and its directory."""

    version: str
    path: Path


@dataclass(frozen=True)
class Unit:
    """A unit of a background process that runs."""

    process: str
    release: str
    pid: int

    @classmethod
    def of(cls, name: str, pid: int) -> Unit:
        """Return the unit with this file name."""
        process, release, _ = name.removeprefix("wsgi-orders_process_").split(".")
        return cls(process.rpartition("_")[0], release, pid)


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Callable[[], Source]:
    """Return a function that makes a new version of the app."""
    numbers = itertools.count(time.time_ns() // 10**9)

    def make() -> Source:
        version = str(next(numbers))
        path = tmp_path_factory.mktemp("release") / "source"
        shutil.copytree(SCENARIO / "source", path)
        (path / "version").write_text(f"{version}\n")
        return Source(version, path)

    return make


@pytest.fixture(scope="session")
def attempt() -> Callable[..., Run]:
    """Return a function that deploys a source, with other settings if given."""

    def run(source: Source, *options: str, **settings: object) -> Run:
        local = {"type": "local", "path": str(source.path)}
        playbook = SCENARIO / "deploy.yml"
        return play(playbook, *options, wsgi_app_source=local, **settings)

    return run


@pytest.fixture(scope="session")
def deploy(attempt) -> Callable[..., Run]:
    """Return a function that deploys a source, which has to succeed."""

    def run(source: Source, **settings: object) -> Run:
        done = attempt(source, **settings)
        assert done.succeeded, done.output
        return done

    return run


@pytest.fixture(scope="session")
def roll_back() -> Callable[[], Run]:
    """Return a function that rolls back to the previous release, which has to succeed."""

    def run() -> Run:
        done = play(SCENARIO / "rollback.yml")
        assert done.succeeded, done.output
        return done

    return run


@pytest.fixture(scope="session")
def begin() -> Callable[..., Interrupted]:
    """Return a function that begins to deploy a source; the run can be killed."""

    def run(source: Source, **settings: object) -> Interrupted:
        local = {"type": "local", "path": str(source.path)}
        playbook = SCENARIO / "deploy.yml"
        return Interrupted(command_of(playbook, wsgi_app_source=local, **settings))

    return run


class Interrupted:
    """A run, and the loss of its controller."""

    def __init__(self, command: list[str]) -> None:
        """Start the run in a process group of its own."""
        self.process = subprocess.Popen(
            command,
            cwd=SCENARIO,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """Kill the run with its workers and their connections."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="session")
def first_pids(host) -> Callable[[], dict[str, int]]:
    """Return a function that finds the first process that runs as the app's user in each unit.

    In a container it is not the unit's main process, which is one of the engine.
    """

    def find() -> dict[str, int]:
        processes = "find /proc -maxdepth 1 -name '[0-9]*' -user wsgi-orders"
        # A process that has just ended has no group.
        groups = host.run(f"{processes} -exec grep --with-filename . '{{}}/cgroup' ';'").stdout
        found = re.findall(r"(?m)^/proc/(\d+)/cgroup:.*/(wsgi-orders[^/\n]*\.service)", groups)
        newest_first = sorted(((int(pid), unit) for pid, unit in found), reverse=True)
        return {unit: pid for pid, unit in newest_first}

    return find


@pytest.fixture(scope="session")
def processes(host, first_pids) -> Callable[[], set[Unit]]:
    """Return a function that finds the background processes that run."""

    def find() -> set[Unit]:
        show = "systemctl show --value --property=Id --state=active"
        units = host.check_output(f"{show} '{UNITS}.service'").split()
        pids = first_pids()
        return {Unit.of(unit, pids[unit]) for unit in units if unit in pids}

    return find


@pytest.fixture(scope="session")
def current(host) -> Callable[[], str]:
    """Return a function that names the current release."""
    return lambda: host.check_output("readlink /etc/systemd/system/wsgi-orders.service").split(".")[
        1
    ]


@pytest.fixture(scope="session")
def done(host) -> Callable[[], dict[str, list[tuple[str, float]]]]:
    """Return a function that returns by which version, and when (s), each order was done."""

    def find() -> dict[str, list[tuple[str, float]]]:
        orders: dict[str, list[tuple[str, float]]] = {}
        for line in host.check_output("cat /var/lib/wsgi/orders/data/done").splitlines():
            number, version, when = line.split()
            orders.setdefault(number, []).append((version, float(when)))
        return orders

    return find


@pytest.fixture(scope="session")
def ticks(host) -> Callable[[float], list[str]]:
    """Return a function that returns, for each tick of the clock since a time, its start's ID."""

    def find(since: float) -> list[str]:
        log = host.check_output(
            f"journalctl --identifier=wsgi-orders-beat --since=@{since:.0f} --output=json"
        )
        lines = [json.loads(line) for line in log.splitlines()]
        sent = [line for line in lines if "Sending due task" in line["MESSAGE"]]
        return [line["_SYSTEMD_INVOCATION_ID"] for line in sent]

    return find


class Orders:
    """A client that sends orders at a steady pace."""

    PAUSE = 0.02
    """Seconds between two orders. The pace is what matters, so there is nothing to await."""

    def __init__(self) -> None:
        """Begin without orders."""
        self.sent: list[str] = []
        self.failures: list[str] = []
        self.has_ended = Event()

    def send(self) -> None:
        """Send orders until the end."""
        for number in itertools.count(time.time_ns()):
            try:
                answer = ask(f"/orders/{number}", method="POST")
            except (OSError, HTTPException) as error:
                self.failures.append(repr(error))
            else:
                if answer.status == 202:
                    self.sent.append(str(number))
                else:
                    self.failures.append(f"{answer.status} {answer.text}")
            if self.has_ended.wait(self.PAUSE):
                return


@pytest.fixture
def ordering(done) -> Callable[[], AbstractContextManager[Orders]]:
    """Return a context in which a client sends orders. It ends when all of them are done."""

    @contextmanager
    def send() -> Iterator[Orders]:
        orders = Orders()
        with ThreadPoolExecutor(1) as client:
            sending = client.submit(orders.send)
            try:
                yield orders
            finally:
                orders.has_ended.set()
            sending.result()
        assert eventually(lambda: set(orders.sent) <= set(done()), seconds=60)

    return send
