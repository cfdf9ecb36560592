"""gunicorn sends its figures to a StatsD server, and serves without one."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TAG = r"\|#app:shop"
REQUEST = [
    rf"gunicorn\.request\.duration:[0-9.]+\|ms{TAG}",
    rf"gunicorn\.requests:1\|c\|@1\.0{TAG}",
    rf"gunicorn\.request\.status\.200:1\|c\|@1\.0{TAG}",
]
"""The lines of one request."""


class Server(socket.socket):
    """A StatsD server at a path."""

    def __init__(self, path: Path) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.settimeout(30)
        path.unlink(missing_ok=True)
        self.bind(str(path))

    def request(self) -> Counter[str]:
        """Return how often each line of :data:`REQUEST` came, when all of them are there."""
        found: Counter[str] = Counter()
        while any(found[pattern] == 0 for pattern in REQUEST):
            message = self.recv(4096).decode()
            assert message.endswith("\n")
            found.update(pattern for pattern in REQUEST if re.fullmatch(pattern, message[:-1]))
        return found


class Gunicorn:
    """The web process of an app, with the configuration of the role."""

    def __init__(self, top: Path, root: Path, configuration: str) -> None:
        (top / "gunicorn.conf.py").write_text(configuration)
        self.log_path = top / "log"
        self.address = str(top / "app.sock")
        with socket.socket(socket.AF_UNIX) as listener, self.log_path.open("wb") as log:
            listener.bind(self.address)
            listener.listen()  # as systemd does: early clients wait
            command = ["gunicorn", "--config", f"{top}/gunicorn.conf.py"]
            self.process = subprocess.Popen(
                [*command, "--bind", f"fd://{listener.fileno()}"],
                env={**os.environ, "PYTHONPATH": f"{root}/tests/apps:{root}/roles/wsgi_app/files"},
                pass_fds=[listener.fileno()],
                stderr=log,
            )

    def serve(self, number: int = 1) -> None:
        """Send so many requests, which have to be answered."""
        for _ in range(number):
            connection = http.client.HTTPConnection("localhost")
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(30)
            connection.sock.connect(self.address)
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            connection.close()

    @property
    def log(self) -> list[str]:
        """What gunicorn logged beyond its start."""
        texts = [line.partition("] [")[2] for line in self.log_path.read_text().splitlines()]
        return [text for text in texts if "[INFO]" not in text]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statsd"


@pytest.fixture
def start(wsgi_app, inputs: dict, root: Path, path: Path, tmp_path: Path) -> Iterator[Callable]:
    started: list[Gunicorn] = []

    def start(**settings) -> Gunicorn:
        values = {
            **inputs,
            "wsgi_app_callable": "echo:app",
            "wsgi_app_statsd": str(path),
            **settings,
        }
        configuration = wsgi_app.value("__wsgi_app_settings", values)["gunicorn.conf.py"]
        started.append(Gunicorn(tmp_path, root, configuration))
        return started[-1]

    yield start
    for gunicorn in started:
        gunicorn.process.terminate()
        gunicorn.process.wait()


@pytest.mark.parametrize("worker_class", ["gthread", "sync"])
def test_figures_of_each_request_arrive(start, path: Path, worker_class: str):
    with Server(path) as server:
        gunicorn = start(wsgi_app_worker_class=worker_class)
        for _ in range(9):
            gunicorn.serve()
            assert server.request() == dict.fromkeys(REQUEST, 1)
    assert gunicorn.log == []


def test_requests_are_served_without_a_server(start, path: Path):
    gunicorn = start()
    gunicorn.serve(9)
    [line] = gunicorn.log
    assert line.endswith(
        f"[WARNING] Figures are lost while no StatsD server takes them at {path} (No such file or "
        "directory)."
    )


def test_requests_do_not_wait_for_a_busy_server(start, path: Path):
    with Server(path) as server:
        gunicorn = start()
        # More messages than a socket can hold (net.unix.max_dgram_qlen).
        waiting = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
        gunicorn.serve(waiting // len(REQUEST) + 9)
        assert server.request() == dict.fromkeys(REQUEST, 1)
    assert gunicorn.log == []


def test_figures_arrive_after_a_restart_of_the_server(start, path: Path):
    with Server(path) as server:
        gunicorn = start()
        gunicorn.serve()
        server.request()
    gunicorn.serve(9)
    with Server(path) as server:
        gunicorn.serve()
        assert server.request() == dict.fromkeys(REQUEST, 1)
    assert gunicorn.log == []


def test_no_figures_by_default(wsgi_app, inputs: dict):
    configuration = wsgi_app.value("__wsgi_app_settings", inputs)["gunicorn.conf.py"]
    assert "statsd" not in configuration
