"""Read what an application leaves of a request's body."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gunicorn.http.errors import ParseException

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

BLOCK = 65536
SECONDS = 30
"""Longest time for the rest of one body. nginx sends what it has already received."""


def read_unread_body(worker: Any, request: Any, environ: WSGIEnvironment, response: Any) -> None:
    """Read the rest of the body, as gunicorn's hook ``post_request``.

    gunicorn closes the connection after a response to a request whose body is unread. Then nginx,
    which still writes the body, may lose the response and answers 502 itself (RFC 9112, 9.6). The
    client has the response already when this hook runs, and nginx closes the connection then.
    """
    deadline = time.monotonic() + SECONDS
    try:
        while request.body.read(BLOCK) and time.monotonic() < deadline:
            pass
    except (OSError, ParseException):
        pass  # the client, or nginx, has closed the connection
