"""The socket that all releases share never blocks."""

import os
import socket
import subprocess
import sys

import pytest

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
