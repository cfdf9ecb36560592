"""Answer each request with 503 while an app cannot start, in place of the app.

It has the socket of the app from systemd. The locks of the release say how far the app is.
"""

from __future__ import annotations

import signal
import socket
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path
from select import POLLIN, POLLRDHUP, poll
from threading import BoundedSemaphore, Thread

from subsite_wsgi import start_locks
from subsite_wsgi.start_locks import LONGEST_PAUSE, LOOK
from subsite_wsgi.systemd_socket import FIRST

PATIENCE = 10
"""Seconds for which requests wait for an app that starts."""
PAUSE = 1
"""Seconds before the next start, when the first one has failed. It doubles with each failure."""

MOST = 256
"""So many connections are answered at a time; the others wait."""
SECONDS = 5
"""Time for the begin of a request, and then for its client to close the connection."""
BLOCK = 65536

TEXT = b"The app cannot start at the moment. Please try again.\n"
HEAD = (
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: text/plain\r\n"
    f"Content-Length: {len(TEXT)}\r\n"
    f"Retry-After: {LONGEST_PAUSE}\r\n"
    # Role nginx_site has a page there. Other proxies pass the text on.
    "X-Accel-Redirect: /.errors/starting\r\n"
    "Connection: close\r\n\r\n"
).encode()


class Start:
    """The starts of an app, until one is complete."""

    def __init__(self, release: Path, patience: float = PATIENCE) -> None:
        """Observe a start that may not have begun yet."""
        self.starting = FileIO(release / start_locks.STARTING)
        self.started = FileIO(release / start_locks.STARTED)
        self.patience_ends = time.monotonic() + patience
        self.has_begun = False
        self.failures = 0
        self.pause_ends = 0.0

    def is_complete(self) -> bool:
        """Return whether the app serves."""
        return start_locks.is_taken(self.started)

    def has_failed(self) -> bool:
        """Return whether the app could not start, or takes too long.

        A start that has failed begins a pause, in which the next start waits.
        """
        if self.pause_ends:
            self._end_pause()
        elif not start_locks.take_alone(self.starting):
            self.has_begun = True
        elif self.has_begun:
            self._begin_pause()
        else:
            start_locks.release(self.starting)
        return self.failures > 0 or time.monotonic() >= self.patience_ends

    def _begin_pause(self) -> None:
        """Keep the lock, so that the next start waits."""
        self.pause_ends = time.monotonic() + min(PAUSE * 2**self.failures, LONGEST_PAUSE)
        self.failures += 1

    def _end_pause(self) -> None:
        if time.monotonic() >= self.pause_ends:
            start_locks.release(self.starting)
            self.has_begun = False
            self.pause_ends = 0.0


def answer_until_complete(start: Start, listener: socket.socket) -> None:
    """Answer requests once a start has failed, until one is complete or at SIGTERM.

    Requests that are accepted then get their answers, too: Python ends when its threads have ended.
    """
    slots = BoundedSemaphore(MOST)
    queue = poll()
    queue.register(listener, POLLIN | POLLRDHUP)
    while signal.SIGTERM not in signal.sigpending() and not start.is_complete():
        if not start.has_failed():
            # Other processes take and release the locks of a start, and a lock sends no event.
            time.sleep(LOOK)
            continue
        events = dict(queue.poll(1000 * LOOK)).get(listener.fileno(), 0)
        if events & ~POLLIN:
            return  # a process of the app has shut the socket down
        if events:
            # Another process may have accepted the connection, or its client may have closed it.
            with suppress(BlockingIOError, ConnectionAbortedError):
                connection = listener.accept()[0]
                slots.acquire()
                Thread(target=answer, args=(connection, slots)).start()


def answer(connection: socket.socket, slots: BoundedSemaphore) -> None:
    """Answer one request, wait until its client closes the connection, and release a slot.

    A client that still writes may lose the answer if the connection is closed first.
    """
    try:
        with connection, suppress(OSError):
            connection.settimeout(SECONDS)
            begin = connection.recv(BLOCK)
            connection.sendall(HEAD if begin.startswith(b"HEAD ") else HEAD + TEXT)
            connection.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + SECONDS
            while connection.recv(BLOCK) and time.monotonic() < deadline:
                pass
    finally:
        slots.release()


def main() -> None:
    """Answer for the release that has this package."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    with socket.socket(fileno=FIRST) as listener:
        listener.setblocking(False)
        answer_until_complete(Start(start_locks.RELEASE), listener)


if __name__ == "__main__":
    main()
