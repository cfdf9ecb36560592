"""Refuse new connections when the host leaves, and answer those that wait.

All releases of an app share the socket, so a release that is replaced leaves it as it is. If the
host is shut down, or the app is removed, no process answers later. A connection that the kernel
accepts then would wait until the host is down. If it is refused, nginx goes to another host.
"""

from __future__ import annotations

import errno
import select
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import ThreadWorker
from gunicorn.workers.sync import SyncWorker

MARK = Path(__file__).parents[2] / "leaving"
"""A file of the release that exists while its host leaves. Only root can create it."""


def refuse_when_leaving(worker: Any) -> None:
    """Let a worker shut the socket if it stops because its host leaves (``post_worker_init``).

    Workers of other kinds, as of gevent, and those of gunicorn 23 stop as they always do.
    """
    if isinstance(worker, ThreadWorker) and hasattr(worker, "method_queue"):
        _refuse_with_threads(worker)
    elif isinstance(worker, SyncWorker):
        _refuse_without_threads(worker)


def _refuse_with_threads(worker: Any) -> None:
    accept = worker.accept

    def accept_unless_shut(listener: socket.socket) -> None:
        # Another worker may have shut the socket before this one has its signal.
        with _ignoring_shut_socket():
            accept(listener)

    def leave() -> None:
        for listener in worker.sockets:
            with _ignoring_shut_socket():
                while select.select([listener], [], [], 0)[0]:
                    accept(listener)
            _shut(listener)
        worker.handle_exit(signal.SIGTERM, None)

    worker.accept = accept_unless_shut
    # The signal may interrupt what the worker needs for this, so its main loop does it.
    _at_signal(worker, lambda: worker.method_queue.defer(leave))


def _refuse_without_threads(worker: Any) -> None:
    accept = worker.accept
    is_leaving = False

    def accept_until_empty(listener: socket.socket) -> None:
        try:
            accept(listener)
        except OSError as error:
            if is_leaving:
                _shut(listener)
                worker.handle_exit(signal.SIGTERM, None)
            if error.errno == errno.EINVAL:  # another worker has shut the socket
                raise BlockingIOError(errno.EAGAIN, "No connection waits.") from error
            raise

    def leave() -> None:
        nonlocal is_leaving
        is_leaving = True

    worker.accept = accept_until_empty
    _at_signal(worker, leave)


def _at_signal(worker: Any, leave: Callable[[], None]) -> None:
    """Call ``leave`` at SIGTERM if the host leaves, and else what the worker itself does."""

    def stop(number: int, frame: Any) -> None:
        if MARK.exists():
            leave()
        else:
            worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, stop)
    # As gunicorn has it: no system call of a request fails.
    signal.siginterrupt(signal.SIGTERM, False)


@contextmanager
def _ignoring_shut_socket() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def _shut(listener: socket.socket) -> None:
    """Let the kernel refuse connections, for all processes that have the socket."""
    with suppress(OSError):  # another worker has shut it
        listener.shutdown(socket.SHUT_RDWR)
