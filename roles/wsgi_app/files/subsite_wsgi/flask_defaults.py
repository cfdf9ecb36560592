"""Give a Flask application the defaults for its name, prefix and public URL."""

from __future__ import annotations

import copy

from flask import Flask, has_request_context, request
from flask.sessions import SessionInterface


def give(app: Flask, defaults: dict[str, str], app_prefix: str) -> None:
    """Set each configuration value that ``app`` has left at Flask's default.

    :param defaults: values by the names of the configuration.
    :param app_prefix: the prefix if the application takes it off the path itself, else nothing.
    """
    for name, value in defaults.items():
        if app.config.get(name) == Flask.default_config[name]:
            app.config[name] = value
    if isinstance(app.session_interface, SessionInterface):
        app.session_interface = with_client_cookie(app.session_interface, app_prefix)


def with_client_cookie(interface: SessionInterface, app_prefix: str) -> SessionInterface:
    """Return ``interface`` with cookies for the URL that each client sees.

    It is a copy, since Flask shares one interface among all applications. Methods of its class
    precede those of :class:`ClientCookie`, which precede Flask's.
    """
    kind = type(interface)
    extended = copy.copy(interface)
    extended.__class__ = type(kind.__name__, (kind, ClientCookie), {"app_prefix": app_prefix})
    return extended


class ClientCookie(SessionInterface):
    """Path and ``Secure`` of the session cookie, for Flask and its extensions."""

    app_prefix: str

    def get_cookie_path(self, app: Flask) -> str:
        """Return the prefix that the client sees, unless a path is configured."""
        if app.config["SESSION_COOKIE_NAME"].startswith("__Host-"):
            return "/"  # browsers reject any other path (RFC 6265bis, 4.1.3.2)
        if app.config["SESSION_COOKIE_PATH"] or not has_request_context():
            return super().get_cookie_path(app)
        return request.script_root.removesuffix(self.app_prefix) + self.app_prefix or "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the client uses https, unless the cookie is always secure."""
        always = super().get_cookie_secure(app)
        return always or (has_request_context() and request.is_secure)
