"""Wait for a condition by polling."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(question: Callable[[], object], seconds: float = 30) -> bool:
    """Return whether the condition becomes true within this time; an error counts as false."""
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
