"""Read what an application leaves of a request's body."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from gunicorn.http.errors import ParseException

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

BLOCK = 65536
SECONDS = 10
"""Time for the rest of a body, and for each piece of it. nginx has received all of it before."""


def read_unread_body(worker: Any, request: Any, environ: WSGIEnvironment, response: Any) -> None:
    """Read the rest of the body, as gunicorn's hook ``post_request``.

    gunicorn closes the connection after a response to a request whose body is unread. Then nginx,
    which still writes the body, may lose the response and answers 502 itself (RFC 9112, 9.6).
    gunicorn has sent the response when it calls this hook. nginx closes the connection as soon as
    it has the response, so the hook does not read much.
    """
    connection = request.unreader.sock
    timeout = connection.gettimeout()
    deadline = time.monotonic() + SECONDS
    # An error means that nginx or the app has closed the connection, or that nothing more comes.
    with contextlib.suppress(OSError, ParseException):
        connection.settimeout(SECONDS)
        while request.body.read(BLOCK) and time.monotonic() < deadline:
            pass
    with contextlib.suppress(OSError):
        connection.settimeout(timeout)
