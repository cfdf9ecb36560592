"""Report to systemd that an app is ready, when a worker has loaded it (sd_notify(3)).

gunicorn does so before it has workers. Without ``preload_app``, they load the app only then, and
the release before would stop while nothing answers.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable

from subsite_wsgi.start_locks import complete_start

VARIABLE = "NOTIFY_SOCKET"


def ready_when_loaded() -> Callable[[object], None]:
    """Keep gunicorn from the report, and return a hook ``post_worker_init`` that makes it."""
    address = os.environ.pop(VARIABLE, "")

    def post_worker_init(worker: object) -> None:
        complete_start(worker)
        if address:
            notify(address, "READY=1")

    return post_worker_init


def notify(address: str, state: str) -> None:
    """Send ``state`` to systemd. It ignores later reports, and its socket may be gone then."""
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        with contextlib.suppress(OSError):
            connection.sendto(state.encode(), address)
