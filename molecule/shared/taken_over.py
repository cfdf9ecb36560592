"""An app that an attacker controls, its releases, the canaries, and repeatable builds."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible
import confinement
import pytest
from client import ask
from controller import PROJECT, Run
from patience import eventually

SCENARIO = PROJECT / "molecule/hostile"
"""The directory of the app, its playbooks and the attacks, also for other backends."""
TAKEN = {
    "more": "\nfrom taken import app\n",
    "taken.py": (SCENARIO / "source/taken.py").read_text(),
}
"""Files for ``source`` that make the app of scenario "release" run the code it receives."""
STAYS = {
    "taken.py": TAKEN["taken.py"]
    + """
import os, socket, threading

def stay():
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    while not threading.Event().wait(1):
        notify.sendto(b"EXTEND_TIMEOUT_USEC=600000000", os.environ["NOTIFY_SOCKET"])

threading.Thread(target=stay).start()
"""
}
"""Files for ``source`` that make the main process extend its stop timeout again and again."""
READ_ONLY = "OSError: [Errno 30]"
"""How Python names the error of a read-only file system."""
TRIES = 8
"""How often a race is tried with complete builds (test_lent_directory.py: 50 times)."""


class TakenOver:
    """An app that runs the code it receives."""

    def __init__(self, name: str) -> None:
        self.name = name

    def tries(self, code: str) -> dict[str, Any]:
        """Return the result of ``code``: its ``answer`` or its ``error``."""
        answer = ask(f"/{self.name}/", "POST", body=code)
        assert answer.status == 200, answer.body
        return answer.json

    def does(self, code: str) -> Any:
        """Return the ``answer`` of ``code``, which has to succeed."""
        done = self.tries(code)
        assert "error" not in done, done
        return done["answer"]

    def may_not(self, code: str) -> None:
        """Fail unless ``code`` is refused by a permission, or by a read-only file system."""
        error = self.tries(code).get("error", "")
        assert error.startswith(("PermissionError", READ_ONLY)), error

    def answers(self) -> bool:
        """Return whether it runs and answers."""
        return self.does("answer = 1") == 1

    def main_process(self, host) -> str:
        """Return the number of its main process, or 0."""
        unit = f"wsgi-{self.name}.service"
        return host.check_output(f"systemctl show --value --property=MainPID {unit}")

    def dies(self, host, mortal: str) -> None:
        """Have its main process die, and wait until another answers."""
        before = self.main_process(host)
        if mortal == "arbiter":
            # In a container, the app cannot.
            kill = "systemctl kill --kill-whom=main --signal=KILL"
            host.check_output(f"{kill} wsgi-{self.name}.service")
        else:
            # gunicorn's arbiter exits if a worker ends with this status.
            ask(f"/{self.name}/", "POST", body="import os; os._exit(3)")
        assert eventually(lambda: self.main_process(host) not in (before, "0"), 60)
        assert eventually(lambda: ask(f"/{self.name}/", "POST", body="").status == 200, 60)


@pytest.fixture(scope="session")
def evil() -> TakenOver:
    """Return the app that was taken over."""
    return TakenOver("evil")


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Callable[..., Path]:
    """Return a function that makes the source of a new release, with more files."""
    numbers = itertools.count(time.time_ns() // 10**9)

    def make(**files: str) -> Path:
        path = tmp_path_factory.mktemp("release") / "source"
        shutil.copytree(SCENARIO / "source", path)
        for name, text in ({"version": f"{next(numbers)}\n"} | files).items():
            (path / name).write_text(text)
        return path

    return make


def local(path: Path) -> dict[str, object]:
    """Return the source that the role takes from a directory."""
    return {"wsgi_app_source": {"type": "local", "path": str(path)}}


def reason(run: Run) -> str:
    """Return the messages of the failed tasks of a run; the last one is the report."""
    return "\n".join(re.findall(r"\[ERROR\]: (.*?)\nOrigin: ", run.output, re.DOTALL))


@pytest.fixture(scope="session")
def run_as(host) -> Callable[..., str]:
    """Return a function that runs a shell command as a user of the host."""

    def run(user: str, command: str) -> str:
        return host.run("runuser -u %s -- sh -c %s", user, command).stdout

    return run


@pytest.fixture(scope="session")
def processes(host) -> Callable[..., list[str]]:
    """Return a function that lists the processes of a user's number, or those beside its units."""

    def find(uid: str, beside_units: bool = False) -> list[str]:
        return [
            process.number
            for process in confinement.processes(host)
            if process.uid == uid and not (beside_units and process.is_confined)
        ]

    return find


@pytest.fixture
def canaries(host) -> Iterator[None]:
    """Fail if root's files in the canary directories have changed."""
    command = "find /opt/canary /opt/canary_web -printf '%p %u %g %m\n' | sort"
    before = host.check_output(command)
    yield
    after = host.check_output(command)
    host.check_output(
        "chown -R root:root /opt/canary && chmod 0700 /opt/canary && chmod 0600 /opt/canary/*"
    )
    assert after == before


@dataclass(frozen=True)
class Builds:
    """What builds left on the host."""

    builds: list[dict[str, list[str]]]

    def __getitem__(self, kind: str) -> list[str]:
        """Return what they left, of one ``kind``."""
        return [finding for build in self.builds for finding in build[kind]]


@pytest.fixture(scope="session")
def attacks(container) -> None:
    """Copy the attacks to the host."""
    copy_to(container, "/opt/attacks", SCENARIO / "attacks", ".")
    copy_to(container, "/opt/attacks", PROJECT / "molecule/shared", "patience.py", "many_files.py")


@pytest.fixture(scope="session")
def build(container, attacks) -> Callable[..., Builds]:
    """Return a function that has the role's module build a source on the host, over and over.

    A process of the app's user attacks meanwhile, or one of the user of its builds.
    """
    library = Path(ansible.__file__).parents[1]
    parts = ("__init__.py", "_vendor", "release.py", "module_utils")
    copy_to(container, "/opt/builds", library, *(f"ansible/{part}" for part in parts))
    plugins = "ansible_collections/subsite/deploy/plugins"
    copy_to(container, "/opt/builds", PROJECT / ".collections", plugins)

    def run(
        *attacks: str,
        attacker: str = "wsgi-evil",
        tries: int = 1,
        large: bool = False,
        cut_off: bool = False,
        **files: str,
    ) -> Builds:
        task = {"attacks": attacks, "attacker": attacker, "tries": tries, "large": large}
        task |= {"files": files, "cut_off": cut_off}
        done = subprocess.run(
            ["podman", "exec", "--interactive", "--env=PYTHONPATH=/opt/builds", container]
            + ["timeout", "240", "python3", "/opt/attacks/builds.py"],
            input=json.dumps(task),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Builds(json.loads(done.stdout.splitlines()[-1]))

    return run


def copy_to(container: str, directory: str, top: Path, *names: str) -> None:
    """Copy the files below ``top`` into a ``directory`` of the host."""
    archive = subprocess.run(
        ["tar", "--exclude=__pycache__", "--create", *names],
        cwd=top,
        check=True,
        capture_output=True,
    ).stdout
    unpack = f"mkdir -p {directory} && tar -C {directory} --extract --no-same-owner"
    subprocess.run(
        ["podman", "exec", "--interactive", container, "sh", "-c", unpack],
        input=archive,
        check=True,
    )


@pytest.fixture(scope="session")
def attacking(container, attacks) -> Callable[..., AbstractContextManager[None]]:
    """Return a context manager in which a process of the app's user attacks beside its unit."""

    @contextmanager
    def attack(*names: str) -> Iterator[None]:
        process = subprocess.Popen(
            ["podman", "exec", "--interactive", "--user=wsgi-evil", container]
            + ["python3", "/opt/attacks/intruder.py", *names],
            stdin=subprocess.PIPE,
        )
        try:
            yield
        finally:
            # The attack ends with its standard input.
            process.communicate()

    return attack


def project(attack: str = "") -> dict[str, str]:
    """Return the files of a project that builds without an index and runs ``attack``.

    That has a function of the same name; what it returns is in the project as found.json.
    """
    table = {"requires": [], "build-backend": "backend", "backend-path": ["."]}
    settings = "\n".join(f"{name} = {json.dumps(value)}" for name, value in table.items())
    return {
        "pyproject.toml": f"[build-system]\n{settings}\n",
        "backend.py": (SCENARIO / "attacks/backend.py").read_text(),
        "many_files.py": (PROJECT / "molecule/shared/many_files.py").read_text(),
    } | ({"attack.py": attack} if attack else {})
