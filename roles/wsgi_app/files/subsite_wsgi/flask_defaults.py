"""Give a Flask application the defaults of the place that it is mounted at."""

from __future__ import annotations

import copy

from flask import Flask, has_request_context, request
from flask.sessions import SessionInterface


def give(app: Flask, defaults: dict[str, str], own: str) -> None:
    """Configure ``app`` where it leaves Flask's own defaults.

    :param defaults: values by the names of the configuration.
    :param own: the prefix if the application owns it, else nothing.
    """
    for name, value in defaults.items():
        if app.config.get(name) == Flask.default_config[name]:
            app.config[name] = value
    if isinstance(app.session_interface, SessionInterface):
        app.session_interface = for_visitors(app.session_interface, own)


def for_visitors(interface: SessionInterface, own: str) -> SessionInterface:
    """Return ``interface`` with cookies for the URL that each visitor sees.

    It is a copy, since Flask shares one interface among all applications. What its class says
    of a cookie itself comes before :class:`VisitorsCookie`, which only precedes Flask's defaults.
    """
    kind = type(interface)
    extended = copy.copy(interface)
    extended.__class__ = type(kind.__name__, (kind, VisitorsCookie), {"own": own})
    return extended


class VisitorsCookie(SessionInterface):
    """What Flask and its extensions ask for when they write or delete the session cookie."""

    own: str

    def get_cookie_path(self, app: Flask) -> str:
        """Return the prefix that the visitor sees, unless a path is configured."""
        if app.config["SESSION_COOKIE_NAME"].startswith("__Host-"):
            return "/"  # or browsers refuse it (RFC 6265bis, 4.1.3.2)
        if app.config["SESSION_COOKIE_PATH"] or not has_request_context():
            return super().get_cookie_path(app)
        return request.script_root.removesuffix(self.own) + self.own or "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the visitor came by https, unless the cookie is always secure."""
        always = super().get_cookie_secure(app)
        return always or (has_request_context() and request.is_secure)
