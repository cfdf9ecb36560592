"""Answer signed requests with what the application would see, and which URLs it would build."""

from __future__ import annotations

import copy
import hmac
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

KEY = Path(__file__).parents[2] / "diagnosis.key"
"""Requests are signed with this key. The host makes it, for the release that has this package."""

HEADER = "HTTP_X_SUBSITE_VERIFY"
"""Signatures, one for each key that the requester has, as ``EXPIRY.NONCE.HMAC, …``."""

SIGNATURE = re.compile(
    r"(?P<text>(?P<expiry>[0-9]{1,12})\.[0-9a-f]{1,64})\.(?P<digest>[0-9a-f]{64})"
)
MOST = 10
"""So many signatures of a request are checked. Every client can send some; each costs an HMAC."""

LIFETIME = 60
"""Longest validity of a signature, in seconds."""

PORTS = {"http": "80", "https": "443"}
FORWARDING = re.compile(r"HTTP_(X_FORWARDED_.+|X_REAL_IP|FORWARDED|VIA|UPGRADE|CONNECTION)")
COUNTS = ("x_for", "x_proto", "x_host", "x_port", "x_prefix")


def with_diagnosis(app: WSGIApplication, mounted: dict[str, Any], key: bytes) -> WSGIApplication:
    """Answer signed requests in place of ``app``, and pass all others on unchanged.

    It is the innermost wrapper, so it sees what the application would see. The signature does not
    cover the URL, because the answer shows how proxies change it.

    :param mounted: how the application is mounted, for the answer.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if HEADER not in environ or not is_signed(environ[HEADER], key, time.time()):
            return app(environ, start_response)
        answer = json.dumps({**diagnosis(app, environ), "mounted": mounted}).encode()
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        start_response("200 OK", [*headers, ("Content-Length", str(len(answer)))])
        return [answer]

    return wrapped


def key_of_release() -> bytes:
    """Return the key of the release; nothing if it has no key."""
    return KEY.read_bytes() if KEY.is_file() else b""


def is_signed(header: str, key: bytes, now: float) -> bool:
    """Return whether a signature in ``header`` was made with ``key`` and has not expired."""
    for part in header.split(",", MOST)[:MOST]:
        signature = SIGNATURE.fullmatch(part.strip())
        if not signature:
            continue
        right = hmac.digest(key, signature["text"].encode(), "sha256").hex()
        if hmac.compare_digest(signature["digest"], right):
            return 0 <= int(signature["expiry"]) - now <= LIFETIME
    return False


def diagnosis(app: WSGIApplication, environ: WSGIEnvironment) -> dict[str, Any]:
    """Return what arrived, what ``app`` sees, and which URL and session cookie it builds."""
    before = environ | environ.get("werkzeug.proxy_fix.orig", {})
    flask = flask_within(app)
    app_environ, fixes = through_fixes(app, environ)
    return {
        "received": {
            "scheme": before["wsgi.url_scheme"],
            "host": before.get("HTTP_HOST", ""),
            "path": environ.get("RAW_URI", ""),
            "peer": before.get("REMOTE_ADDR", ""),
            "headers": {
                name.removeprefix("HTTP_").replace("_", "-").title(): value
                for name, value in environ.items()
                if FORWARDING.fullmatch(name)
            },
        },
        "sees": sight(app_environ),
        "builds": builds(flask, app_environ),
        "app_proxy_fix": fixes,
    }


def sight(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the parts of the client's URL, as they are in ``environ``."""
    request = Request(environ)
    host = request.host
    port = re.search(r":([0-9]+)$", host)
    return {
        "scheme": request.scheme,
        "host": host.removesuffix(port[0]) if port else host,
        "port": port[1] if port else PORTS.get(request.scheme, ""),
        "prefix": environ.get("SCRIPT_NAME", "").rstrip("/"),
        "path": environ.get("PATH_INFO", ""),
        "client": environ.get("REMOTE_ADDR") or "",
    }


def chain(app: Any) -> Iterator[Any]:
    """Yield ``app`` and the apps that it wraps, as far as its middleware has them as attributes."""
    passed: list[Any] = []
    while app is not None and app not in passed:
        yield app
        passed.append(app)
        app = getattr(app, "wsgi_app", None) or getattr(app, "app", None)


def flask_within(app: WSGIApplication) -> Any:
    """Return ``app`` if it is a Flask application, else none."""
    return app if hasattr(app, "session_interface") and hasattr(app, "request_context") else None


def through_fixes(
    app: WSGIApplication, environ: WSGIEnvironment
) -> tuple[WSGIEnvironment, list[dict[str, int]]]:
    """Return ``environ`` behind each ProxyFix of the application itself, and their counts."""
    fixes = [link for link in chain(app) if isinstance(link, ProxyFix)]
    app_environ = dict(environ)
    for fix in fixes:
        alone: Any = copy.copy(fix)  # called as no WSGI application is
        alone.app = lambda environ, start_response: [environ]
        app_environ = dict(alone(app_environ, None)[0])
    return app_environ, [{name: getattr(fix, name) for name in COUNTS} for fix in fixes]


def builds(flask: Any, environ: WSGIEnvironment) -> dict[str, Any]:
    """Return the external URL that an application builds; of a Flask one, its session cookie, too.

    It reads no session.

    :param flask: none if it is no Flask application.
    """
    anonymous = {name: value for name, value in environ.items() if name != "HTTP_COOKIE"}
    try:
        adapter = flask and flask.create_url_adapter(flask.request_class(anonymous))
    except SecurityError:
        # TRUSTED_HOSTS lacks the host: the application answers every request with an error.
        adapter = None
    if not adapter:
        return {"url": Request(environ).root_url}
    with flask.request_context(anonymous):
        return {
            "url": f"{adapter.url_scheme}://{adapter.get_host(None)}{adapter.script_name}",
            "cookie_path": flask.session_interface.get_cookie_path(flask),
            "cookie_secure": flask.session_interface.get_cookie_secure(flask),
        }
