"""While an app cannot start, each request gets 503 at once, and the next start waits."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from io import FileIO
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.listening_socket import altered
from patience import eventually
from starting import Release, answer_to, connected, listening, passing, rest, variables
from subsite_wsgi.unavailable import Start

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
APP = """
import os, pathlib, time

HOME = pathlib.Path(__file__).parent
with (HOME / "attempts").open("a") as file:
    file.write(f"{time.monotonic()}\\n")
time.sleep(float((HOME / "seconds").read_text()))
(HOME / "database").read_text()

def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return [b"shop\\n"]
"""


@pytest.fixture
def release(root, tmp_path: Path) -> Release:
    return Release(root, tmp_path)


@pytest.fixture
def address(tmp_path: Path) -> Path:
    return tmp_path / "app.sock"


@pytest.fixture
def listener(address: Path) -> Iterator[socket.socket]:
    with listening(address) as listener:
        yield listener


@pytest.fixture
def service(release, listener) -> Iterator[subprocess.Popen]:
    with release.answered(listener) as service:
        yield service


class TestStart:
    """What the service concludes from the locks."""

    @pytest.fixture
    def observe(self, release):
        """Return a function that begins to observe a start, with this patience."""
        begun = []

        def observe(patience: float = 60) -> Start:
            begun.append(Start(release.top, patience))
            return begun[-1]

        yield observe
        for start in begun:
            start.starting.close()
            start.started.close()

    @pytest.fixture
    def start(self, observe) -> Start:
        return observe()

    def test_that_has_not_begun(self, start):
        assert (start.has_failed(), start.is_complete()) == (False, False)

    def test_that_goes_on(self, start, release):
        with release.locked("starting"):
            assert (start.has_failed(), start.is_complete()) == (False, False)

    def test_that_is_complete(self, start, release):
        with release.locked("starting"), release.locked("started"):
            assert (start.has_failed(), start.is_complete()) == (False, True)

    def test_that_has_failed(self, start, release):
        with release.locked("starting"):
            start.has_failed()
        assert (start.has_failed(), start.is_complete()) == (True, False)

    def test_that_takes_too_long(self, observe, release):
        start = observe(patience=0)
        with release.locked("starting"):
            assert (start.has_failed(), start.is_complete()) == (True, False)

    def test_that_follows_a_failed_one(self, start, release, monkeypatch):
        monkeypatch.setattr("subsite_wsgi.unavailable.PAUSE", 0)
        with release.locked("starting"):
            start.has_failed()
        for _ in range(2):  # the pause begins, and ends
            start.has_failed()
        with release.locked("starting"):
            assert start.has_failed()

    def test_waits_in_pauses_that_grow(self, start, release, monkeypatch):
        now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        pauses = []
        for _ in range(6):
            with release.locked("starting"):
                start.has_failed()
            began = now
            start.has_failed()
            while release.is_locked("starting"):
                now += 0.5
                start.has_failed()
            pauses.append(now - began)
        assert pauses == [1, 2, 4, 8, 10, 10]


def fail(release: Release, address: Path) -> None:
    """Let a start fail, and wait until the service has seen that."""
    with release.locked("starting"), connected(address, GET) as client:
        # The service waits for the start to end. It looks at the lock meanwhile.
        with pytest.raises(TimeoutError):
            rest(client)
    assert eventually(lambda: answer_to(address, GET), 5)


@pytest.mark.usefixtures("service")
def test_requests_wait_for_a_start_that_goes_on(release, address):
    with release.locked("starting"), connected(address, GET, seconds=2) as client:
        with pytest.raises(TimeoutError):
            rest(client)


def run_start(release: Release, calls: str) -> None:
    """Run a process that calls these functions of the locks, and then ends at once."""
    code = f"from subsite_wsgi.start_locks import begin_start, complete_start; {calls}"
    subprocess.run([sys.executable, "-c", code], cwd=release.top / "lib", check=True)


@pytest.mark.usefixtures("service")
def test_start_that_fails_at_once_is_noticed(release, address):
    run_start(release, "begin_start()")
    assert eventually(lambda: answer_to(address, GET), 5)


def test_app_that_stops_as_soon_as_it_serves_has_not_failed(release, service):
    run_start(release, "begin_start(); complete_start(None)")
    assert service.wait(5) == 0


def test_command_of_the_unit_runs_no_module_of_the_project(
    wsgi_app, inputs, release, listener, address
):
    """The project may be installed beside the package of the role."""
    (release.top / "lib/socket.py").write_text("raise SystemExit('This is the project.')\n")
    unit = wsgi_app.value("__wsgi_app_unavailable_unit_file.content", inputs)
    [command] = re.findall("^ExecStart=(.*)", unit, re.MULTILINE)
    placed = command.replace("/srv/wsgi/shop/releases/0123456789ab", str(release.top))
    with release.answered(listener, *shlex.split(placed)):
        fail(release, address)


@pytest.mark.usefixtures("service")
class TestAnswer:
    @pytest.fixture(autouse=True)
    def failed_start(self, release, service, address) -> None:
        fail(release, address)

    def test_is_503_for_any_client(self, address):
        head, _, body = answer_to(address, GET).partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        headers = dict(field.split(": ") for field in fields)
        assert status == "HTTP/1.1 503 Service Unavailable"
        assert (headers["Retry-After"], headers["Connection"]) == ("10", "close")
        assert int(headers["Content-Length"]) == len(body) > 0

    def test_to_head_has_no_body(self, address):
        assert answer_to(address, b"HEAD / HTTP/1.1\r\n\r\n").endswith(b"\r\n\r\n")

    def test_to_a_client_that_still_writes(self, address):
        size = 5_000_000
        head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size
        with connected(address, head + b"x" * size) as client:
            assert rest(client).startswith(b"HTTP/1.1 503 ")

    def test_does_not_wait_for_silent_clients(self, address):
        with ExitStack() as stack:
            for _ in range(50):
                stack.enter_context(connected(address, b""))
            assert answer_to(address, GET)

    def test_of_a_service_that_is_stopped(self, service, address):
        """A request that was accepted is answered. A later one waits for the app."""
        with connected(address, b"", seconds=5) as accepted:
            assert answer_to(address, GET)  # in the order of the queue
            service.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            with connected(address, GET) as waiting:
                accepted.sendall(GET)
                assert rest(accepted).startswith(b"HTTP/1.1 503 ")
                accepted.close()
                assert service.wait(5) == 0
                with pytest.raises(TimeoutError):
                    rest(waiting)

    def test_ends_when_the_app_serves(self, service, release, address):
        with release.locked("starting"), release.locked("started"):
            assert service.wait(5) == 0
            with connected(address, GET) as waiting, pytest.raises(TimeoutError):
                rest(waiting)

    def test_ends_when_the_socket_is_shut_down(self, service, listener):
        """A process of the app can do that. systemd would start the service again at once."""
        listener.shutdown(socket.SHUT_RDWR)
        assert service.wait(5) == 0

    def test_leaves_the_socket_as_it_is(self, address):
        assert not altered(str(address))


class TestApp:
    """gunicorn with the configuration of the role, and the service beside it."""

    @pytest.fixture(autouse=True)
    def app(self, release, wsgi_app, inputs) -> None:
        settings = {**inputs, "wsgi_app_callable": "needy:app", "wsgi_app_workers": 1}
        texts = wsgi_app.value("__wsgi_app_settings", settings)
        (release.top / "gunicorn.conf.py").write_text(texts["gunicorn.conf.py"])
        (release.top / "needy.py").write_text(APP)
        (release.top / "seconds").write_text("0")

    @pytest.fixture
    def begin(self, release, listener):
        """Return a function that starts gunicorn, in a unit of its own with these options."""
        begun = []

        def begin(*options: str) -> subprocess.Popen:
            command = passing(listener, "gunicorn", "--config", f"{release.top}/gunicorn.conf.py")
            begun.append(
                subprocess.Popen(
                    [*options, *command],
                    cwd=release.top,
                    env=variables(PYTHONPATH=f"{release.top}/lib:{release.top}"),
                    pass_fds=[listener.fileno()],
                    stderr=subprocess.DEVNULL,
                )
            )
            return begun[-1]

        yield begin
        for process in begun:
            process.terminate()
        for process in begun:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def attempts(self, release: Release) -> int:
        noted = release.top / "attempts"
        return len(noted.read_text().splitlines()) if noted.exists() else 0

    def test_that_starts_again_at_once_loses_no_request(self, begin, release, service, address):
        (release.top / "database").touch()
        (release.top / "seconds").write_text("1")
        with connected(address, GET, seconds=10) as waiting:
            begin()
            assert rest(waiting).startswith(b"HTTP/1.1 200 ")
        assert service.wait(5) == 0

    def test_that_cannot_start_and_then_can(self, begin, release, service, address):
        assert begin().wait(20) != 0
        assert eventually(lambda: b" 503 " in answer_to(address, GET), 5)
        (release.top / "database").touch()
        begin()
        while service.poll() is None:
            assert answer_to(address, GET).split()[1] in (b"503", b"200")
        assert answer_to(address, GET).startswith(b"HTTP/1.1 200 ")
        assert (service.returncode, self.attempts(release)) == (0, 2)

    @pytest.mark.usefixtures("service")
    def test_that_hangs_while_it_starts(self, begin, release, address):
        """After 10 seconds, requests no longer wait for it."""
        (release.top / "seconds").write_text("3600")
        process = begin()
        with connected(address, GET, seconds=20) as waiting:
            began = time.monotonic()
            assert rest(waiting).startswith(b"HTTP/1.1 503 ")
        assert 8 < time.monotonic() - began < 12
        assert b" 503 " in answer_to(address, GET)
        assert process.poll() is None

    @pytest.mark.parametrize("failures", [0, 3], ids=["loading", "waiting for 4 seconds"])
    @pytest.mark.usefixtures("service")
    def test_that_is_stopped_before_it_serves(self, begin, release, failures: int):
        """In a PID namespace, as in a container."""
        for _ in range(failures):
            assert begin().wait(20) != 0
        (release.top / "seconds").write_text("3600")
        outer = begin("unshare", "--pid", "--fork", "--kill-child")
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
        assert eventually(lambda: handles_sigterm(int(children.read_text() or outer.pid)), 5)
        assert failures or eventually(lambda: self.attempts(release) == 1, 5)
        os.kill(int(children.read_text()), signal.SIGTERM)
        outer.wait(1)
        assert self.attempts(release) == (failures or 1)

    def test_that_another_release_of_an_attacker_holds_up(self, begin, release, address):
        """It has the same user. The start still ends within the time that systemd allows."""
        (release.top / "database").touch()
        with ExitStack() as stack:
            for name in ("starting", "started"):
                file = stack.enter_context(FileIO(release.top / name))
                fcntl.flock(file, fcntl.LOCK_EX)
            with connected(address, GET, seconds=20) as waiting:
                begin()
                assert rest(waiting).startswith(b"HTTP/1.1 200 ")

    def test_that_reads_its_configuration_again(self, begin, release, address):
        (release.top / "database").touch()
        process = begin()
        assert eventually(lambda: release.is_locked("started"), 10)
        for _ in range(2):
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert answer_to(address, GET).startswith(b"HTTP/1.1 200 ")
        assert release.is_locked("started")
        process.terminate()
        assert process.wait(20) == 0
        assert eventually(lambda: not release.is_locked("started"), 5)  # its last worker has ended


def handles_sigterm(pid: int) -> bool:
    """Return whether a process has a handler of SIGTERM (proc_pid_status(5))."""
    [caught] = re.findall(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    return bool(int(caught, 16) & 1 << signal.SIGTERM - 1)
