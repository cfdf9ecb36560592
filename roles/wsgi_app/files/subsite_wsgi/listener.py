"""Keep the socket that all releases share as systemd made it."""

from __future__ import annotations

import os

FIRST = 3
"""The descriptor of the first socket that is handed over (sd_listen_fds(3))."""


def take() -> None:
    """Have gunicorn take the sockets that systemd hands over.

    LISTEN_PID is the PID outside of the PID namespace (``PrivatePIDs=``); gunicorn compares it with
    os.getpid(), which is 1 inside.
    """
    if os.getpid() == 1 and "LISTEN_PID" in os.environ:
        os.environ["LISTEN_PID"] = "1"


def keep_from_blocking() -> None:
    """Have ``accept`` return at once when another worker has taken the connection.

    What starts a container clears O_NONBLOCK on what it hands on, for every process that has the
    socket. gunicorn sets it, but not before the health check, and not at all if that fails.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        for number in range(int(os.environ["LISTEN_FDS"])):
            os.set_blocking(FIRST + number, False)
