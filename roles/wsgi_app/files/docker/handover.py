"""Hand the socket that systemd listens on over to a container, which docker itself cannot do.

    handover.py give COMMAND ...

is the main process of a service of Type=notify that has the socket and a RuntimeDirectory. COMMAND
runs a container in the foreground, in which that directory is at the same path. When COMMAND ends,
the service ends as it did.

    handover.py take DIRECTORY COMMAND ...

becomes COMMAND in the container, with the socket as if systemd had started it there.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from threading import Thread

FIRST = 3
"""The descriptor of the first socket that is handed over (sd_listen_fds(3))."""
TOLD = ("READY=", "STATUS=")
"""What a container may tell systemd: by other words it could change what its service is."""


def give(directory: str, notify: str, command: list[str]) -> int:
    """Run ``command``, hand the socket to whoever connects first, and return how it ended.

    :param directory: where it connects to ``listener`` and tells ``notify`` how far it is.
    :param notify: where systemd is told.
    """
    door, ear = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with door, ear:
        door.bind(f"{directory}/listener")
        ear.bind(f"{directory}/notify")
        door.listen()
        Thread(target=hand_over, args=(door,), daemon=True).start()
        Thread(target=relay, args=(ear, notify), daemon=True).start()
        return subprocess.call(command)


def hand_over(door: socket.socket) -> None:
    """Send the socket to the first that connects, and refuse all that connect later.

    It stays as it is: nothing here may make it block, for the release that serves has the same.
    """
    with door:
        connection, _ = door.accept()
    with connection:
        socket.send_fds(connection, [b"\0"], [FIRST])


def relay(ear: socket.socket, notify: str) -> None:
    """Tell systemd what the container says of itself (sd_notify(3)).

    Neither control characters nor empty messages are passed on: systemd shows the text on
    terminals, and logs messages that it cannot use.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
        mouth.connect(notify)
        while True:
            lines = ear.recv(4096).decode(errors="replace").splitlines()
            kept = [line for line in lines if line.startswith(TOLD) and line.isprintable()]
            if kept:
                mouth.send("\n".join(kept).encode())


def take(directory: str, command: list[str]) -> None:
    """Receive the socket and become ``command``."""
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(f"{directory}/listener")
        _, [listener], _, _ = socket.recv_fds(door, 1, 1)
    os.dup2(listener, FIRST)
    os.close(listener)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execvp(command[0], command)


def main() -> None:
    """Do what the command line asks for."""
    side, *arguments = sys.argv[1:]
    if side == "give":
        environ = os.environ
        sys.exit(give(environ["RUNTIME_DIRECTORY"], environ["NOTIFY_SOCKET"], arguments))
    take(arguments[0], arguments[1:])


if __name__ == "__main__":
    main()
