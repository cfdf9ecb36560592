"""The host, its releases, runs that can be cut off, and the visitors who must not notice.

Tests that have visitors come are marked ``measures``: what these meet depends on what else the
machine does, so that they want it for themselves.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils.packed_directory import digest, pack
from controller import EPHEMERAL, MOLECULE, PROJECT
from visitor import PORTS

SCENARIO = PROJECT / "molecule/release"
"""Where the app and its playbooks are; scenarios of other backends have them from here."""

[CONTAINER] = [platform["name"] for platform in MOLECULE["platforms"]]
ENVIRONMENT = os.environ | {
    "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "tests/callback_plugins"),
    "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_PRIVATE_KEY_FILE": str(EPHEMERAL / "key"),
    "ANSIBLE_REMOTE_USER": "root",
    "ANSIBLE_SSH_COMMON_ARGS": "-o UserKnownHostsFile=/dev/null",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that measure."""
    for item in items:
        if "visitors" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.measures)


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Callable[..., Path]:
    """Return a function that makes a release's source, with a version that never was before."""
    numbers = itertools.count(time.time_ns() // 10**9)

    def make(more: str = "", **files: str) -> Source:
        version = str(next(numbers))
        path = tmp_path_factory.mktemp("release") / "source"
        shutil.copytree(SCENARIO / "source", path)
        (path / "version").write_text(f"{version}\n")
        for name, text in files.items():
            (path / name).write_text(text)
        with (path / "news.py").open("a") as code:
            code.write(more)
        return Source(version, path)

    return make


@dataclass(frozen=True)
class Source:
    """A version, and the directory that holds it."""

    version: str
    path: Path

    @property
    def revision(self) -> str:
        """What the role records of a release of it."""
        return digest(pack(str(self.path)))

    @property
    def variables(self) -> dict:
        """What the role is told to deploy it."""
        return {"wsgi_app_source": {"type": "local", "path": str(self.path)}}


def command(hosts: str, variables: dict, *options: str) -> list[str]:
    extra = ["--extra-vars", json.dumps(variables)]
    playbook = str(SCENARIO / "deploy.yml")
    return ["ansible-playbook", "--inventory", hosts, *extra, *options, playbook]


@pytest.fixture(scope="session")
def address(host) -> Callable[[], str]:
    """Return a function that tells the host's address, which may be another after a boot."""

    def tell() -> str:
        return host.check_output("hostname -I").split()[0]

    return tell


@pytest.fixture(scope="session")
def play(address) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that deploys a source, with options of Ansible's, unless to other hosts."""

    def run(
        source: Source, *options: str, hosts: str = "", **variables
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(hosts or f"{address()},", source.variables | variables, *options),
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(scope="session")
def deploy(play) -> Callable[..., str]:
    """Return a function that deploys a source, which has to succeed."""

    def run(source: Source, **variables) -> str:
        done = play(source, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def operate(address, tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs one of the collection's playbooks for the app."""
    inventory = tmp_path_factory.mktemp("inventory") / "hosts"

    def run(playbook: str, *options: str, **variables) -> subprocess.CompletedProcess[str]:
        inventory.write_text(f"[app]\nnews ansible_host={address()} wsgi_app_name=news\n")
        extra = ["--extra-vars", json.dumps(variables)]
        return subprocess.run(
            ["ansible-playbook", "--inventory", str(inventory), *extra, *options]
            + [str(PROJECT / "playbooks" / f"{playbook}.yml")],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(scope="session")
def play_for(tmp_path_factory) -> Callable[..., None]:
    """Return a function that deploys a source to all hosts of an inventory, in its words."""

    def run(inventory: str, source: Source, **variables) -> None:
        path = tmp_path_factory.mktemp("inventory") / "hosts"
        path.write_text(inventory)
        subprocess.run(
            command(str(path), source.variables | variables),
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
        )

    return run


@dataclass(frozen=True)
class Step:
    """What a run announced: the begin of a ``task`` or of a ``call``, and when (s, monotonic)."""

    kind: str
    name: str
    at: float


class Deploy:
    """A run that is watched step by step, and can be cut off."""

    def __init__(self, hosts: str, variables: dict) -> None:
        """Start it; it waits before its first task."""
        lines, told = os.pipe()
        asked, self.leave = os.pipe()
        self.process = subprocess.Popen(
            command(hosts, variables),
            env=ENVIRONMENT
            | {"ANSIBLE_CALLBACKS_ENABLED": "announce", "SUBSITE_ANNOUNCE": f"{told},{asked}"},
            pass_fds=(told, asked),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(told)
        os.close(asked)
        self.lines = os.fdopen(lines)

    def steps(self) -> Iterator[Step]:
        """Go through its steps; a task goes on when the next step is asked for."""
        for line in self.lines:
            kind, _, name = line.rstrip("\n").partition("\t")
            yield Step(kind, name, time.monotonic())
            if kind == "task":
                os.write(self.leave, b".")
        self._end()

    def cut(self) -> None:
        """Kill the controller with its workers and their connections."""
        for pid in descendants(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._end()

    def _end(self) -> None:
        self.process.wait()
        self.lines.close()
        os.close(self.leave)


def descendants(pid: int) -> list[int]:
    """Return ``pid`` and all that it started, and they in turn."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *itertools.chain.from_iterable(descendants(int(child)) for child in children)]


@pytest.fixture(scope="session")
def begin(address) -> Callable[..., Deploy]:
    """Return a function that begins to deploy a source, step by step."""

    def start(source: Source, **variables) -> Deploy:
        return Deploy(f"{address()},", source.variables | variables)

    return start


@pytest.fixture(scope="session")
def boot(host) -> Callable[..., None]:
    """Return a function that cuts the host's power, does what else is to be done, and boots it."""

    def cycle(meanwhile: Callable[[], None] = lambda: None, stop: str = "kill") -> None:
        subprocess.run(["podman", stop, CONTAINER], check=True, capture_output=True)
        meanwhile()
        subprocess.run(["podman", "start", CONTAINER], check=True, capture_output=True)
        up = "systemctl is-active --quiet nginx && systemctl is-active --quiet ssh"
        host.check_output(f"timeout 60 sh -c 'until {up}; do sleep 0.1; done'")

    return cycle


@pytest.fixture(scope="module")
def hang_up() -> Iterator[Callable[[], None]]:
    """Return a function that kills, at once, all that the host does for its controller."""
    kill = "systemctl kill --signal=KILL ssh.service; systemctl restart ssh.service; echo"
    waiting = subprocess.Popen(
        [
            "podman",
            "exec",
            "--interactive",
            CONTAINER,
            "sh",
            "-c",
            f"while read _; do {kill}; done",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    def strike() -> None:
        waiting.stdin.write(b"\n")
        waiting.stdin.flush()
        waiting.stdout.readline()

    yield strike
    waiting.communicate()


@dataclass
class Watch:
    """What visitors met, and during which events."""

    visits: list[dict] = field(default_factory=list)
    events: list[tuple[str, float, float]] = field(default_factory=list)

    @staticmethod
    def go_on(seconds: float) -> None:
        """Let visitors come for ``seconds``, the length of a measurement: nothing is awaited."""
        time.sleep(seconds)

    @contextmanager
    def event(self, name: str) -> Iterator[None]:
        """Note when the event of that ``name`` begins and ends."""
        began = time.monotonic()
        yield
        self.events.append((name, began, time.monotonic()))

    def during(self, name: str) -> list[dict]:
        """Return the visits that were due during the events of that ``name``, or took till then."""
        return [
            visit
            for visit in self.visits
            if any(
                visit["due"] <= end and visit["due"] + visit["took"] >= begin
                for event, begin, end in self.events
                if event == name
            )
        ]

    @property
    def failures(self) -> Counter[tuple[str, str]]:
        """How often which kind of visit failed, and why."""
        return Counter((v["kind"], v["failure"]) for v in self.visits if v["failure"])

    @property
    def pace(self) -> float:
        """Requests per second that were asked and answered."""
        began = min(visit["due"] for visit in self.visits)
        ended = max(visit["due"] + visit["took"] for visit in self.visits)
        return len(self.visits) / (ended - began)


@pytest.fixture(scope="session")
def visitors() -> Callable:
    """Return a context manager in which visitors come, at a share of their pace.

    What it gives tells afterwards how they fared.
    """

    @contextmanager
    def come(share: float = 1) -> Iterator[Watch]:
        watch = Watch()
        process = subprocess.Popen(
            [sys.executable, str(SCENARIO / "load.py"), str(PORTS[80]), "/news/", str(share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            yield watch
        finally:
            watch.visits = json.loads(process.communicate()[0])

    return come
