"""Load an application and wrap it, so that it sees the URL that the client requested."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix

from subsite_wsgi.diagnosis import key_of_release, with_diagnosis
from subsite_wsgi.target import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

DEFAULT_PORTS = {"http": ":80", "https": ":443"}
PREFIX_HEADER = "HTTP_X_FORWARDED_PREFIX"
HOST_HEADER = "HTTP_X_FORWARDED_HOST"


def by_mode(prefix: str, mode: str) -> dict[str, str]:
    """Return ``prefix`` by what takes it off the path, and nothing for the other modes.

    :param mode: ``script_name`` for this module, ``strip`` for nginx, ``app`` for the application.
    """
    return {"script_name": "", "strip": "", "app": "", mode: prefix}


def entry(**arguments: str | int | dict[str, str]) -> str:
    """Return the call of :func:`wrap` as gunicorn's setting ``wsgi_app``."""
    literals = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"{__name__}:wrap({literals})"


def wrap(
    target: str,
    prefix: str,
    mode: str,
    forwarded_values: int,
    flask_defaults: dict[str, str],
    diagnosis: bool = False,
) -> WSGIApplication:
    """Load ``target`` as gunicorn does, and wrap it.

    :param target: ``module:attribute`` or ``module:factory('literal')``.
    :param prefix: the path that the application is mounted at, as ``/api``; empty at the root.
    :param mode: what takes the prefix off the path; see :func:`by_mode`.
    :param forwarded_values: how many values nginx writes into each forwarded header, the client's
        first; 0 if the application reads the headers itself.
    :param flask_defaults: configuration for a Flask application that has Flask's defaults;
        empty to change nothing.
    :param diagnosis: whether requests that are signed with the key of the release get a diagnosis.
    """
    app = load(target)
    prefixes = by_mode(prefix, mode)
    if flask_defaults and is_flask(app):
        from subsite_wsgi.flask_defaults import (
            give,
        )  # it imports Flask, which not every app has

        give(app, flask_defaults, prefixes["app"])
    if diagnosis and (key := key_of_release()):
        mounted = {"prefix": prefix, "mode": mode, "forwarded_values": forwarded_values}
        app = with_diagnosis(app, mounted, key)
    if forwarded_values:
        app = without_default_port(app)
        app = ProxyFix(
            app,
            x_for=forwarded_values,
            x_proto=forwarded_values,
            x_host=forwarded_values,
            x_port=forwarded_values,
            x_prefix=forwarded_values,
        )
    if prefixes["strip"]:
        return with_stripped_prefix(app, prefixes["strip"])
    app = with_outer_prefix(app, prefixes["app"])
    return with_script_name(app, prefix) if prefixes["script_name"] else app


def is_flask(app: Any) -> bool:
    """Return whether ``app`` is a Flask object, without an import of Flask for other apps."""
    return isinstance(app, getattr(sys.modules.get("flask"), "Flask", ()))


def without_default_port(app: WSGIApplication) -> WSGIApplication:
    """Remove the scheme's default port from ``HTTP_HOST``.

    ProxyFix writes it there. Browsers never send it, and applications that compare
    the two reject the request (RFC 9110, 4.2.3: an absent port is the default port).
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        port = DEFAULT_PORTS.get(environ["wsgi.url_scheme"], "")
        if port and "HTTP_HOST" in environ:
            environ["HTTP_HOST"] = environ["HTTP_HOST"].removesuffix(port)
        return app(environ, start_response)

    return wrapped


def with_script_name(app: WSGIApplication, prefix: str) -> WSGIApplication:
    """Move the prefix from the path to ``SCRIPT_NAME`` (PEP 3333).

    While an application gets another prefix, nginx still passes requests below the earlier one,
    until its site is changed, too. They are answered below that one. Another path is a fault of the
    set-up, so it gets 500.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        taken = next((mount for mount in mounts(environ, prefix) if is_below(path, mount)), None)
        if taken is None:
            environ["wsgi.errors"].write(f"{path!r} is not below {prefix}/, where the app is.\n")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [f"This app is at {prefix}/.\n".encode()]
        environ["SCRIPT_NAME"] = taken
        environ["PATH_INFO"] = path[len(taken) :]
        return app(environ, start_response)

    return wrapped


def mounts(environ: WSGIEnvironment, prefix: str) -> Iterator[str]:
    """Yield the prefixes below which the request may be, the first one that fits counts.

    nginx writes its mount behind the outer prefix, as in ``/outer/shop``. Without a prefix, the
    mount of a request from nginx is the root.
    """
    yield prefix
    forwarded = environ.get(PREFIX_HEADER, "").rpartition(",")[2].strip()
    segments = [segment for segment in forwarded.split("/") if segment]
    yield from ("/" + "/".join(segments[start:]) for start in range(len(segments)))
    if not forwarded and HOST_HEADER in environ:
        yield ""


def is_below(path: str, prefix: str) -> bool:
    """Return whether ``path`` is ``prefix`` or below it."""
    return path == prefix or path.startswith(f"{prefix}/")


def with_stripped_prefix(app: WSGIApplication, prefix: str) -> WSGIApplication:
    """Set ``SCRIPT_NAME`` to the prefix that nginx has taken off the path.

    The prefix is a constant, not a header's value, so that a request without the header
    cannot make an application remember a wrong prefix.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = prefix
        return app(environ, start_response)

    return wrapped


def with_outer_prefix(app: WSGIApplication, app_prefix: str) -> WSGIApplication:
    """Reduce ``X-Forwarded-Prefix`` to the outer prefix, which a proxy in front took off.

    The rest, ``app_prefix``, is still in the path. In a list, an empty value becomes ``/``:
    ProxyFix does not count empty values, and would take the list for a shorter one.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        prefixes = environ.pop(PREFIX_HEADER, "").split(",")
        outer = [prefix.strip().removesuffix(app_prefix) for prefix in prefixes]
        if any(outer):
            environ[PREFIX_HEADER] = ",".join(prefix or "/" for prefix in outer)
        return app(environ, start_response)

    return wrapped
