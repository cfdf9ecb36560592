"""Mount a WSGI application where its visitors find it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from gunicorn.util import import_app
from werkzeug.middleware.proxy_fix import ProxyFix

from subsite_wsgi.diagnosis import diagnosed, key_of_release
from subsite_wsgi.prefix import above, at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def mount(
    target: str,
    prefix: str,
    mode: str,
    values: int,
    flask_defaults: dict[str, str],
    diagnosis: bool = False,
) -> WSGIApplication:
    """Load ``target`` as gunicorn would and tell it the visitor's URL.

    :param target: ``module:attribute`` or ``module:factory('literal')``.
    :param prefix: where it is mounted, as ``/api``; empty at the root.
    :param mode: ``script_name`` when gunicorn takes the prefix off the path, ``strip``
        when nginx did, ``app`` when the application owns it.
    :param values: how many values nginx writes into each forwarding header, the visitor's
        first; 0 to leave them to the application.
    :param flask_defaults: configuration for a Flask application that has none of its own;
        empty to leave it alone.
    :param diagnosis: whether requests that are signed with the release's key are told what the
        application would see.
    """
    app = import_app(target)
    own = prefix if mode == "app" else ""
    if flask_defaults and is_flask(app):
        from subsite_wsgi.flask_defaults import give  # it imports Flask, which not every app has

        give(app, flask_defaults, own)
    if diagnosis and (key := key_of_release()):
        app = diagnosed(app, {"prefix": prefix, "mode": mode, "values": values}, key)
    if values:
        app = without_default_port(app)
        app = ProxyFix(app, values, values, x_host=values, x_port=values, x_prefix=values)
    return at(app, prefix) if mode == "strip" else above(app, own)


def is_flask(app: Any) -> bool:
    """Return whether ``app`` is a Flask object, without an import of Flask for others."""
    return isinstance(app, getattr(sys.modules.get("flask"), "Flask", ()))


def without_default_port(app: WSGIApplication) -> WSGIApplication:
    """Leave the scheme's default port out of ``HTTP_HOST``.

    ProxyFix writes it there. Browsers never send it, and applications that compare
    the two refuse the request (RFC 9110, 4.2.3: an absent port is the default one).
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        port = DEFAULT_PORTS.get(environ["wsgi.url_scheme"], "")
        if port and "HTTP_HOST" in environ:
            environ["HTTP_HOST"] = environ["HTTP_HOST"].removesuffix(port)
        return app(environ, start_response)

    return wrapped
