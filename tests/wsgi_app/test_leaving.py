"""An app that leaves its host refuses new connections, and answers all that it has accepted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from patience import eventually
from starting import Release

APP = """
import os

def app(environ, start_response):
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/waits":
        open("began", "w").close()
        open("continue").close()  # a pipe: this waits for the test
    return [b"answered"]
"""
HOOKS = """
def post_worker_init(worker):
    open(f"booted.{worker.pid}", "w").close()
"""


class Server:
    """A gunicorn with a socket that the test has, too, as systemd has it."""

    def __init__(self, role, inputs: dict, root: Path, top: Path, **settings) -> None:
        self.release = Release(root, top)
        self.source = top / "source"
        self.source.mkdir()
        (self.source / "app.py").write_text(APP)
        (self.source / "hooks.py").write_text(HOOKS)
        os.mkfifo(self.source / "continue")
        configuration = role.value("__wsgi_app_settings", {**inputs, **settings})
        (top / "gunicorn.conf.py").write_text(configuration["gunicorn.conf.py"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.log = top / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", f"{top}/gunicorn.conf.py"]
                + ["--bind", f"fd://{self.listener.fileno()}"],
                cwd=self.source,
                env={**os.environ, "PYTHONPATH": f"{top}/lib"},
                pass_fds=[self.listener.fileno()],
                stdout=log,
                stderr=log,
            )

    @property
    def booted(self) -> int:
        """How many workers serve."""
        return len([*self.source.glob("booted.*")])

    def leave(self) -> None:
        """Do what the unit of the app does, and then stop it."""
        (self.release.top / "leaving").touch()
        self.process.terminate()

    def send(self, path: str) -> socket.socket:
        """Send a request, and return the connection."""
        connection = socket.create_connection(self.listener.getsockname(), timeout=30)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: example.org\r\n\r\n".encode())
        return connection

    def refuses(self) -> bool:
        """Return whether the kernel refuses connections."""
        try:
            socket.create_connection(self.listener.getsockname(), timeout=5).close()
        except ConnectionRefusedError:
            return True
        return False

    def go_on(self) -> None:
        """Let the request that waits have its answer."""
        (self.source / "continue").write_text("")


def answer(connection: socket.socket) -> str:
    """Return what a server sends until it closes the connection."""
    with connection:
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()


@pytest.fixture
def serve(wsgi_app, inputs: dict, root: Path, tmp_path_factory) -> Iterator[Callable[..., Server]]:
    """Run a server with these settings."""
    with ExitStack() as stack:

        def serve(**settings) -> Server:
            app = {"wsgi_app_callable": "app:app", "wsgi_app_gunicorn_file": "hooks.py"}
            variables = {**inputs, **app, **settings}
            server = Server(wsgi_app, variables, root, tmp_path_factory.mktemp("release"))
            stack.callback(server.process.wait)
            stack.callback(server.process.kill)
            stack.enter_context(server.listener)
            # A worker that gets its signal while it boots ignores it.
            assert eventually(lambda: server.booted == settings["wsgi_app_workers"])
            return server

        yield serve


KINDS = [
    pytest.param({"wsgi_app_workers": 2}, id="threads"),
    pytest.param({"wsgi_app_workers": 1, "wsgi_app_preload": False}, id="without preload"),
    pytest.param({"wsgi_app_workers": 2, "wsgi_app_worker_class": "sync"}, id="sync"),
]


@pytest.mark.parametrize("settings", KINDS)
def test_new_connections_are_refused_while_requests_end(serve, settings: dict):
    server = serve(**settings)
    with server.send("/waits") as long:
        assert eventually((server.source / "began").exists)
        server.leave()
        assert eventually(server.refuses)
        assert server.process.poll() is None
        server.go_on()
        assert "200 OK" in answer(long)
    assert server.process.wait(timeout=30) == 0
    assert "Traceback" not in server.log.read_text()


def test_connections_that_wait_are_answered(serve):
    """The only worker is busy, so that they are in the queue of the kernel."""
    server = serve(wsgi_app_workers=1, wsgi_app_worker_class="sync")
    long = server.send("/waits")
    assert eventually((server.source / "began").exists)
    waiting = [server.send("/") for _ in range(5)]
    server.leave()
    server.go_on()
    assert ["200 OK" in answer(connection) for connection in [long, *waiting]] == [True] * 6
    assert eventually(server.refuses)
    assert server.process.wait(timeout=30) == 0


@pytest.mark.parametrize("settings", KINDS)
def test_socket_stays_for_the_next_release(serve, settings: dict):
    server = serve(**settings)
    server.process.terminate()
    assert server.process.wait(timeout=30) == 0
    assert not server.refuses()
