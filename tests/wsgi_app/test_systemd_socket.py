"""The socket that all releases share never blocks."""

import os
import socket
import subprocess
import sys

import pytest
from subsite_wsgi import systemd_socket

CODE = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3);"
    "os.environ.update(LISTEN_PID=str(os.getpid() + int(sys.argv[2])), LISTEN_FDS='1');"
    "from subsite_wsgi.systemd_socket import set_nonblocking; set_nonblocking()"
)


@pytest.mark.parametrize(
    ("other", "blocks"), [(0, False), (1, True)], ids=["handed to it", "handed to another"]
)
def test_socket(root, other: int, blocks: bool):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.setblocking(True)
        subprocess.run(
            [sys.executable, "-c", CODE, str(listener.fileno()), str(other)],
            env={"PYTHONPATH": str(root / "roles/wsgi_app/files")},
            pass_fds=[listener.fileno()],
            check=True,
        )
        assert os.get_blocking(listener.fileno()) is blocks


def test_listen_pid_of_the_first_process_in_a_namespace(monkeypatch):
    monkeypatch.setenv("LISTEN_PID", "4711")
    monkeypatch.setattr(os, "getpid", lambda: 1)
    systemd_socket.adapt_listen_pid()
    assert os.environ["LISTEN_PID"] == "1"


def test_listen_pid_of_another_process(monkeypatch):
    monkeypatch.setenv("LISTEN_PID", "1")
    systemd_socket.adapt_listen_pid()
    assert os.environ["LISTEN_PID"] == "1" != str(os.getpid())
