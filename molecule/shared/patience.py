"""Wait for a condition by polling."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(question: Callable[[], object], seconds: float = 30) -> bool:
    """Return whether the answer becomes yes in so many seconds; who is not there has said no."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if question():
                return True
        except OSError:
            pass
        # What tests ask for (a socket, an HTTP answer, a process in a container) sends no event
        # to this machine, so it is polled. The interval only sets how often.
        time.sleep(0.1)
    return False
