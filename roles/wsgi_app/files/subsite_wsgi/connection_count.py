"""Let a worker that stops wait for all of its connections.

A worker of gunicorn counts them, and ends its main loop when the count is zero. For a connection
that the app has closed itself, as libraries for WebSockets do, it counts two. So its main loop
would end too soon: then no thread reads the next request on a connection that nginx keeps, and
that request waits until the worker is killed.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


def count_each_connection_once(worker: Any) -> None:
    """Correct the count of a worker with threads, as gunicorn's hook ``post_worker_init``.

    gunicorn 23 counts in another way.
    """
    if isinstance(worker, ThreadWorker) and hasattr(worker, "method_queue"):
        _count_once(worker)


def _count_once(worker: Any) -> None:
    finish = worker.finish_request

    def finish_request(connection: Any, result: Future) -> None:
        before = worker.nr_conns
        finish(connection, result)
        worker.nr_conns = max(worker.nr_conns, before - 1)

    worker.finish_request = finish_request
