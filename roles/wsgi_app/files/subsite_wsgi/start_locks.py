"""Locks on two files of a release, which say how far its start is (flock(2)).

The app takes them shared: :data:`STARTING` before it is loaded, and :data:`STARTED` when it serves.
The kernel releases both when the app ends, in whatever way. :mod:`subsite_wsgi.unavailable` looks
whether they are taken, and takes :data:`STARTING` alone for a pause before the next start.
"""

from __future__ import annotations

import atexit
import fcntl
import signal
import sys
import time
from io import FileIO
from pathlib import Path

RELEASE = Path(__file__).parents[2]
"""The directory of the release that has this package."""

STARTING = "starting"
STARTED = "started"

LOOK = 0.1
"""Seconds between two looks at the locks. An app that fails sooner keeps them for long enough."""

TAKEN: dict[str, FileIO] = {}
"""The files whose locks this process has."""


def begin_start() -> None:
    """Wait for the end of a pause, and begin to start.

    gunicorn handles no signals before it serves. Without a handler, SIGTERM does not end the first
    process in a PID namespace (pid_namespaces(7)).
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped while the app was starting."))
    if take(STARTING):
        atexit.register(time.sleep, 3 * LOOK)


def complete_start(_server: object) -> None:
    """Say that the app serves, as gunicorn's hook ``when_ready``."""
    take(STARTED)
    atexit.unregister(time.sleep)


def take(name: str) -> bool:
    """Take a lock until the process ends, and return whether the release has the file for it.

    gunicorn reads its configuration again at SIGHUP, so the process may have the lock already.
    """
    path = RELEASE / name
    if not path.exists():
        return False
    file = FileIO(path)
    fcntl.flock(file, fcntl.LOCK_SH)
    TAKEN[name] = file
    return True


def take_alone(file: FileIO) -> bool:
    """Return whether no other process had the lock; then this one has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_taken(file: FileIO) -> bool:
    """Return whether another process has the lock."""
    if take_alone(file):
        release(file)
        return False
    return True


def release(file: FileIO) -> None:
    """Release the lock."""
    fcntl.flock(file, fcntl.LOCK_UN)
