"""Lock a file of root's, so that runs on one host wait for each other (flock(2))."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``path`` as a lock inside the with block; another run on the host waits.

    Only root can open it: a user who reads a file can lock it, too.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "r+") as file:
        os.fchmod(descriptor, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
