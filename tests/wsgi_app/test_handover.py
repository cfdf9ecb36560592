"""A container gets the socket of systemd, and systemd gets the state of the container."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

TELL = """
import os, socket, sys
listener = socket.socket(fileno=3)
assert os.environ["LISTEN_PID"] == str(os.getpid()), "the socket is for another process"
assert os.environ["LISTEN_FDS"] == "1"
assert len(os.listdir("/proc/self/fd")) == 5, "something else is open"
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
    systemd.connect(sys.argv[1])
    for junk in (b"MAINPID=1\\nFDSTORE=1", b"", b"\\n" * 5000, b"STATUS=\\x1b[31mred"):
        systemd.send(junk)
    systemd.send(b"MAINPID=1\\nREADY=1\\nSTATUS=Serves " + listener.getsockname().encode())
sys.exit(7)
"""


@pytest.fixture
def program(root: Path) -> Path:
    return root / "roles/wsgi_app/files/docker/handover.py"


@pytest.fixture
def systemd(tmp_path: Path):
    """Listen to what a service tells."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify_out:
        notify_out.bind(str(tmp_path / "systemd"))
        notify_out.settimeout(10)
        yield notify_out


@pytest.fixture
def serve(program: Path, tmp_path: Path):
    """Return a function that runs a container's command as the service of a listener."""

    def serve(listener: socket.socket, *command: str) -> subprocess.CompletedProcess[str]:
        started = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.argv[2], sys.argv[2:])"
        )
        return subprocess.run(
            [sys.executable, "-c", started, str(listener.fileno())]
            + [sys.executable, str(program), "give", *command],
            env={"RUNTIME_DIRECTORY": str(tmp_path), "NOTIFY_SOCKET": str(tmp_path / "systemd")},
            pass_fds=[listener.fileno()],
            capture_output=True,
            text=True,
            timeout=20,
        )

    return serve


@pytest.fixture
def listener(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "shop.sock"))
        listener.setblocking(False)
        yield listener


@pytest.fixture
def served(serve, listener, program: Path, systemd, tmp_path: Path):
    take = [sys.executable, str(program), "take", str(tmp_path)]
    return serve(listener, *take, sys.executable, "-c", TELL, str(tmp_path / "notify"))


def test_container_has_the_socket_and_ends_the_service(served):
    assert (served.stderr, served.returncode) == ("", 7)


def test_only_states_are_sent_to_systemd(served, systemd, tmp_path: Path):
    received = systemd.recv(4096).decode()
    assert received.splitlines() == ["READY=1", f"STATUS=Serves {tmp_path}/shop.sock"]


def test_socket_is_passed_once(serve, listener, program: Path, systemd, tmp_path: Path):
    again = (
        "import socket, sys\n"
        "for _ in range(200):\n"
        "    with socket.socket(socket.AF_UNIX) as listener:\n"
        "        refused = listener.connect_ex(sys.argv[1])\n"
        "        if refused: sys.exit(f'refused: {refused}')\n"
    )
    take = [sys.executable, str(program), "take", str(tmp_path)]
    outcome = serve(listener, *take, sys.executable, "-c", again, str(tmp_path / "listener"))
    assert "refused: 111" in outcome.stderr


def test_socket_does_not_block(served, listener):
    assert not os.get_blocking(listener.fileno())


def test_service_ends_with_a_container_that_takes_nothing(serve, listener, systemd):
    assert serve(listener, "/bin/sh", "-c", "exit 3").returncode == 3
