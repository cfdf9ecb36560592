"""A release of an app that starts, and the service that answers while it cannot."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

PASS = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Runs a program that gets a socket as from systemd."""

SERVICE = "import sys; sys.path.append('{}/lib'); from subsite_wsgi.unavailable import main; main()"


def passing(listener: socket.socket, *command: str) -> list[str]:
    """Return the command that runs ``command`` with the socket; its descriptor has to be passed."""
    return [sys.executable, "-c", PASS, str(listener.fileno()), *command]


class Release:
    """The directory of a release."""

    def __init__(self, root: Path, top: Path) -> None:
        """Write it to ``top``. ``root`` is the directory of the project."""
        self.top = top
        # A copy, because the package finds its release by its own path.
        library = top / "lib/subsite_wsgi"
        library.mkdir(parents=True)
        for module in (root / "roles/wsgi_app/files/subsite_wsgi").glob("*.py"):
            (library / module.name).write_text(module.read_text())
        for name in ("starting", "started"):
            (top / name).touch()

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Have a lock, as an app has it."""
        with FileIO(self.top / name) as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def is_locked(self, name: str) -> bool:
        """Return whether an app has a lock."""
        with FileIO(self.top / name) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @contextmanager
    def answered(self, listener: socket.socket, *command: str) -> Iterator[subprocess.Popen]:
        """Run the service as its unit does, or by the command of a unit."""
        service = subprocess.Popen(
            passing(listener, *(command or (sys.executable, "-ISc", SERVICE.format(self.top)))),
            pass_fds=[listener.fileno()],
        )
        try:
            yield service
        finally:
            service.kill()
            service.wait()


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """Listen on a path, as a unit of systemd does."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(2048)
        listener.setblocking(False)
        yield listener


@contextmanager
def connected(path: Path, request: bytes, seconds: float = 1) -> Iterator[socket.socket]:
    """Send ``request`` to ``path``; each later operation has some seconds."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        client.connect(str(path))
        client.sendall(request)
        yield client


def rest(client: socket.socket) -> bytes:
    """Return all that the client receives until the server closes the connection."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def answer_to(path: Path, request: bytes) -> bytes:
    """Return the answer to ``request`` at ``path``, within a second.

    :raises TimeoutError: when there is none.
    """
    with connected(path, request) as client:
        return rest(client)


def variables(**more: str) -> dict[str, str]:
    """Return the environment variables of this process and ``more``."""
    return {**os.environ, **more}
