"""Say which part of the visitor's path stands before the one that the application is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "HTTP_X_FORWARDED_PREFIX"


def at(app: WSGIApplication, prefix: str) -> WSGIApplication:
    """Say where the application is when somebody else took the prefix off the path.

    The prefix comes from here, not from a header, so that a request without the header
    cannot make an application remember the wrong one.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = prefix
        return app(environ, start_response)

    return wrapped


def above(app: WSGIApplication, own: str) -> WSGIApplication:
    """Leave of nginx's word on the prefix what a proxy in front took off.

    The rest, ``own``, is in the path already. In a list, what is empty becomes ``/``:
    ProxyFix does not count empty values, and would take the list for a shorter one.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        prefixes = environ.pop(HEADER, "").split(",")
        outer = [prefix.strip().removesuffix(own) for prefix in prefixes]
        if any(outer):
            environ[HEADER] = ",".join(prefix or "/" for prefix in outer)
        return app(environ, start_response)

    return wrapped
