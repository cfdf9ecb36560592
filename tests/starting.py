"""A release of an app that starts, and the service that answers while it cannot."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSED = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.argv[2], sys.argv[2:])"
"""Runs a program that has a socket as systemd passes it."""


class Release:
    """The directory of a release, without the app."""

    def __init__(self, root: Path, top: Path) -> None:
        """Write it to ``top``. ``root`` is the directory of the project."""
        self.top = top
        (top / "lib").mkdir()
        # A copy, because the package finds its release by its own path.
        library = root / "roles/wsgi_app/files/subsite_wsgi"
        (top / "lib/subsite_wsgi").mkdir()
        for module in library.glob("*.py"):
            (top / "lib/subsite_wsgi" / module.name).write_text(module.read_text())
        for name in ("starting", "started"):
            (top / name).touch()

    @contextmanager
    def locked(self, name: str) -> Iterator[float]:
        """Take a lock as an app does; give the seconds that this took."""
        began = time.monotonic()
        with (self.top / name).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield time.monotonic() - began

    def is_locked(self, name: str) -> bool:
        """Return whether an app or the service has a lock."""
        with (self.top / name).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @contextmanager
    def answered(self, listener: socket.socket) -> Iterator[subprocess.Popen]:
        """Run the service, as its unit does."""
        service = subprocess.Popen(
            [sys.executable, "-c", PASSED, str(listener.fileno())]
            + [sys.executable, "-sm", "subsite_wsgi.unavailable"],
            cwd=self.top / "lib",
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
        yield listener


def asked(path: Path, request: bytes, seconds: float = 1) -> bytes:
    """Return all that answers ``request`` at ``path`` within some seconds, or fail."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        client.connect(str(path))
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b""))


def variables(**more: str) -> dict[str, str]:
    """Return the environment variables of this process and ``more``."""
    return {**os.environ, **more}
