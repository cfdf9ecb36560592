"""The host, its releases, runs that can be interrupted, and the load on them.

Tests with load are marked ``measures``: their results depend on the load of the machine, so that
they need it alone.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.plugin_utils.packed_directory import digest, pack
from client import ask
from clients import Watch, sending, to_app
from controller import EPHEMERAL, MOLECULE, PROJECT

SCENARIO = PROJECT / "molecule/release"
"""The directory of the app and its playbooks, also for the scenarios of other backends."""

[CONTAINER] = [platform["name"] for platform in MOLECULE["platforms"]]
ENVIRONMENT_VARIABLES = os.environ | {
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
        if "clients" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.measures)


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Callable[..., Path]:
    """Return a function that makes a release's source, with a new version."""
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
    """A version and its directory."""

    version: str
    path: Path

    @property
    def revision(self) -> str:
        """The revision that the role records."""
        return digest(pack(str(self.path)))

    @property
    def variables(self) -> dict:
        """The variables to deploy it."""
        return {"wsgi_app_source": {"type": "local", "path": str(self.path)}}


def command(hosts: str, variables: dict, *options: str) -> list[str]:
    extra = ["--extra-vars", json.dumps(variables)]
    playbook = str(SCENARIO / "deploy.yml")
    return ["ansible-playbook", "--inventory", hosts, *extra, *options, playbook]


def run_ansible(command: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's commands with the settings of these scenarios."""
    environ = ENVIRONMENT_VARIABLES | environ
    return subprocess.run(command, env=environ, capture_output=True, text=True)


@pytest.fixture(scope="session")
def address(host) -> Callable[[], str]:
    """Return a function that returns the host's address, which may change at a boot."""

    def tell() -> str:
        return host.check_output("hostname -I").split()[0]

    return tell


@pytest.fixture(scope="session")
def play(address) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that deploys a source, by default to the host."""

    def run(
        source: Source, *options: str, hosts: str = "", **variables
    ) -> subprocess.CompletedProcess[str]:
        return run_ansible(
            command(hosts or f"{address()},", source.variables | variables, *options)
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

    def run(
        playbook: str, *options: str, callback: str = "default", **variables
    ) -> subprocess.CompletedProcess[str]:
        inventory.write_text(f"[app]\nnews ansible_host={address()} wsgi_app_name=news\n")
        extra = ["--extra-vars", json.dumps(variables)]
        return run_ansible(
            ["ansible-playbook", "--inventory", str(inventory), *extra, *options]
            + [str(PROJECT / "playbooks" / f"{playbook}.yml")],
            ANSIBLE_STDOUT_CALLBACK=callback,
        )

    return run


@pytest.fixture(scope="session")
def play_for(tmp_path_factory) -> Callable[..., None]:
    """Return a function that deploys a source to all hosts of an inventory, given as text."""

    def run(inventory: str, source: Source, **variables) -> None:
        path = tmp_path_factory.mktemp("inventory") / "hosts"
        path.write_text(inventory)
        run_ansible(command(str(path), source.variables | variables)).check_returncode()

    return run


@dataclass(frozen=True)
class Step:
    """The begin of a ``task`` or a ``call`` that a run announced, and its time (s, monotonic)."""

    kind: str
    name: str
    at: float


class Deploy:
    """A run that goes step by step and can be interrupted."""

    def __init__(self, hosts: str, variables: dict) -> None:
        """Start the run; it waits before its first task."""
        lines, announced = os.pipe()
        permitted, self.leave = os.pipe()
        self.process = subprocess.Popen(
            command(hosts, variables),
            env=ENVIRONMENT_VARIABLES
            | {
                "ANSIBLE_CALLBACKS_ENABLED": "announce",
                "SUBSITE_ANNOUNCE": f"{announced},{permitted}",
            },
            pass_fds=(announced, permitted),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(announced)
        os.close(permitted)
        self.lines = os.fdopen(lines)

    def steps(self) -> Iterator[Step]:
        """Yield the steps; a task starts when the next step is requested."""
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
    """Return ``pid`` and all its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *itertools.chain.from_iterable(descendants(int(child)) for child in children)]


@pytest.fixture(scope="session")
def versions() -> Callable[[], set[str]]:
    """Return a function that returns the versions that serve; it asks several times."""

    def find() -> set[str]:
        answers = [ask("/news/") for _ in range(8)]
        return {f"{answer.status} {answer.text.partition(',')[0]}" for answer in answers}

    return find


@pytest.fixture(scope="session")
def begin(address) -> Callable[..., Deploy]:
    """Return a function that starts a deploy which goes step by step."""

    def start(source: Source, **variables) -> Deploy:
        return Deploy(f"{address()},", source.variables | variables)

    return start


@pytest.fixture(scope="session")
def boot(host) -> Callable[..., None]:
    """Return a function that stops the host, calls ``meanwhile``, and boots the host."""

    def cycle(meanwhile: Callable[[], None] = lambda: None, stop: str = "kill") -> None:
        subprocess.run(["podman", stop, CONTAINER], check=True, capture_output=True)
        meanwhile()
        subprocess.run(["podman", "start", CONTAINER], check=True, capture_output=True)
        up = "systemctl is-active --quiet nginx && systemctl is-active --quiet ssh"
        host.check_output(f"timeout 60 sh -c 'until {up}; do sleep 0.1; done'")

    return cycle


@pytest.fixture(scope="module")
def hang_up() -> Iterator[Callable[[], None]]:
    """Return a function that kills all SSH sessions on the host at once."""
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


@pytest.fixture(scope="session")
def clients() -> Callable[..., AbstractContextManager[Watch]]:
    """Return a context manager in which clients send requests, at a share of the pace."""
    return partial(sending, to_app("/news/"))
