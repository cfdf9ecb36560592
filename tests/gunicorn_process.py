"""A real gunicorn with the configuration that the role writes, and a source of a test."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Connection(http.client.HTTPConnection):
    """Speaks HTTP through a unix socket, as nginx does."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@dataclass(frozen=True)
class Gunicorn:
    """A gunicorn that runs in ``top``, or has ended."""

    top: Path
    process: subprocess.Popen
    notifications: socket.socket
    """The socket at which it reports its state, as to systemd."""

    @property
    def log(self) -> str:
        """What it has written until now."""
        return (self.top / "log").read_text()

    def get(self, path: str = "/", headers: dict[str, str] | None = None) -> str:
        """Return the body of a response with status 200."""
        connection = Connection(self.top / "app.sock")
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            body = response.read().decode()
            assert response.status == 200, f"{response.status}\n{body}\n{self.log}"
            return body
        finally:
            connection.close()

    def takes_a_late_body(self, size: int) -> bool:
        """Return whether it reads a body that is sent after the response, as nginx may do."""
        connection = Connection(self.top / "app.sock")
        try:
            connection.putrequest("POST", "/")
            connection.putheader("Content-Length", str(size))
            connection.endheaders()
            connection.getresponse().read()
            connection.send(b"x" * size)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False
        finally:
            connection.close()

    def ending(self) -> str:
        """Return the log when gunicorn has ended by itself, as a release that cannot serve."""
        assert self.process.wait(timeout=30) != 0
        return self.log

    def is_ready(self) -> bool:
        """Return whether it has reported that it serves."""
        try:
            return "READY=1" in self.notifications.recv(4096, socket.MSG_DONTWAIT).decode()
        except BlockingIOError:
            return False


@contextmanager
def started(
    role, inputs: dict, files: dict[str, str], top: Path, **variables: str
) -> Iterator[Gunicorn]:
    """Start gunicorn as a unit of the role does.

    :param files: texts by their names in the source, where gunicorn runs.
    :param variables: more environment variables.
    """
    source = top / "source"
    source.mkdir()
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    configuration = top / "gunicorn.conf.py"
    configuration.write_text(role.value("__wsgi_app_settings", inputs)["gunicorn.conf.py"])
    with (
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications,
        (top / "log").open("w") as log,
    ):
        listener.bind(f"{top}/app.sock")
        listener.listen()  # as systemd does: early clients wait
        notifications.bind(f"{top}/notify")
        command = [sys.executable, "-m", "gunicorn", "--config", str(configuration)]
        process = subprocess.Popen(
            [*command, "--bind", f"fd://{listener.fileno()}"],
            cwd=source,
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT}/roles/wsgi_app/files:{source}",
                "NOTIFY_SOCKET": f"{top}/notify",
                **variables,
            },
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )
        try:
            yield Gunicorn(top, process, notifications)
        finally:
            process.terminate()
            process.wait()
