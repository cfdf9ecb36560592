"""Pass the socket that systemd listens on to a container, which docker itself cannot do.

    handover.py give COMMAND ...

is the main process of a Type=notify service that has the socket and a RuntimeDirectory. COMMAND
runs a container in the foreground, with that directory at the same path. The service ends when
COMMAND ends, with the same status.

    handover.py take DIRECTORY COMMAND ...

becomes COMMAND in the container. COMMAND gets the socket as from systemd.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from threading import Thread

FIRST = 3
"""File descriptor of the first socket that systemd passes (sd_listen_fds(3))."""
RELAYED = ("READY=", "STATUS=")
"""A container may send these to systemd. With others it could change the service itself."""


def give(directory: str, notify: str, command: list[str]) -> int:
    """Run ``command``, pass the socket to the first that connects, and return the exit status.

    :param directory: has the sockets ``listener``, which passes the socket, and ``notify``, which
        receives the state of the container.
    :param notify: the socket of systemd for states.
    """
    listener = socket.socket(socket.AF_UNIX)
    notify_in = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with listener, notify_in:
        listener.bind(f"{directory}/listener")
        notify_in.bind(f"{directory}/notify")
        listener.listen()
        Thread(target=hand_over, args=(listener,), daemon=True).start()
        Thread(target=relay, args=(notify_in, notify), daemon=True).start()
        return subprocess.call(command)


def hand_over(listener: socket.socket) -> None:
    """Send the socket to the first that connects, and refuse later connections.

    The socket must not become blocking: the release that serves has the same socket.
    """
    with listener:
        connection, _ = listener.accept()
    with connection:
        socket.send_fds(connection, [b"\0"], [FIRST])


def relay(notify_in: socket.socket, notify: str) -> None:
    """Send the state of the container to systemd (sd_notify(3)).

    Control characters and empty messages are left out: systemd shows the text on terminals, and
    logs messages that it cannot use.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify_out:
        notify_out.connect(notify)
        while True:
            lines = notify_in.recv(4096).decode(errors="replace").splitlines()
            kept = [line for line in lines if line.startswith(RELAYED) and line.isprintable()]
            if kept:
                notify_out.send("\n".join(kept).encode())


def take(directory: str, command: list[str]) -> None:
    """Receive the socket and become ``command``."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"{directory}/listener")
        _, [descriptor], _, _ = socket.recv_fds(connection, 1, 1)
    os.dup2(descriptor, FIRST)
    os.close(descriptor)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execvp(command[0], command)


def main() -> None:
    """Run ``give`` or ``take`` from the command line."""
    side, *arguments = sys.argv[1:]
    if side == "give":
        environ = os.environ
        sys.exit(give(environ["RUNTIME_DIRECTORY"], environ["NOTIFY_SOCKET"], arguments))
    take(arguments[0], arguments[1:])


if __name__ == "__main__":
    main()
