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

LONGEST_PAUSE = 10
"""Seconds before the next start, when many have failed."""
LOOK = 0.1
"""Seconds between two looks at the locks."""
HOLD = 3 * LOOK
"""Seconds for which an app has each lock at least, unless it is killed."""

TAKEN: dict[str, FileIO] = {}
"""The files whose locks this process has."""


def begin_start() -> None:
    """Wait for the end of a pause, and begin to start.

    gunicorn handles no signals before it serves. Without a handler, SIGTERM does not end the first
    process in a PID namespace (pid_namespaces(7)). At SIGHUP, gunicorn reads its configuration
    again, and so calls this while it serves; then its own handler stays.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped while the app was starting."))
    take(STARTING, seconds=LONGEST_PAUSE + 1)


def complete_start(_server: object) -> None:
    """Say that the app serves, as gunicorn's hook ``when_ready``."""
    take(STARTED, seconds=1)


def hold_until(moment: float) -> None:
    """Keep the locks until a time of the monotonic clock; the end of the process releases them."""
    # The other process looks at the locks only now and then, because a lock sends no event. One
    # that is released sooner may never be seen.
    time.sleep(max(0, moment - time.monotonic()))


def take(name: str, seconds: float) -> None:
    """Take a lock until the process ends, if that is possible within some seconds.

    The release may have no file for it. An earlier release that an attacker controls could keep the
    lock, so it is not waited for without end. gunicorn reads its configuration again at SIGHUP, so
    this process may have the lock already.
    """
    path = RELEASE / name
    if not path.exists():
        return
    file = FileIO(path)
    deadline = time.monotonic() + seconds
    while not take_at_once(file, fcntl.LOCK_SH):
        if time.monotonic() >= deadline:
            file.close()
            return
        # flock(2) has no timeout: it waits without end, or not at all. So it is called again.
        time.sleep(LOOK)
    TAKEN[name] = file
    atexit.register(hold_until, time.monotonic() + HOLD)


def take_at_once(file: FileIO, kind: int) -> bool:
    """Take a lock of this kind, and return whether that was possible at once."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take_alone(file: FileIO) -> bool:
    """Return whether no other process had the lock; then this one has it."""
    return take_at_once(file, fcntl.LOCK_EX)


def is_taken(file: FileIO) -> bool:
    """Return whether another process has the lock."""
    if take_alone(file):
        release(file)
        return False
    return True


def release(file: FileIO) -> None:
    """Release the lock."""
    fcntl.flock(file, fcntl.LOCK_UN)
