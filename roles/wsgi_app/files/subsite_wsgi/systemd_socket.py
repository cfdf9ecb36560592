"""Use the socket that systemd passes. All releases share it, so its settings must not change."""

from __future__ import annotations

import os

FIRST = 3
"""File descriptor of the first socket that systemd passes (sd_listen_fds(3))."""


def set_nonblocking() -> None:
    """Let ``accept`` return at once when another worker has accepted the connection.

    Container engines clear O_NONBLOCK of a socket that they pass on, for every process that has
    it. gunicorn sets O_NONBLOCK after the health check, and not at all if the check fails.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        for number in range(int(os.environ["LISTEN_FDS"])):
            os.set_blocking(FIRST + number, False)
