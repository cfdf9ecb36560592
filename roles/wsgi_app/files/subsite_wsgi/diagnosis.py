"""Tell whoever has the key what the application would see of a request, and what it would build."""

from __future__ import annotations

import copy
import hmac
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

KEY = Path(__file__).parents[2] / "diagnosis.key"
"""What requests are signed with: made on the host, in the release that this package is part of."""

HEADER = "HTTP_X_SUBSITE_VERIFY"
"""Signatures, one for each key that the asker has, as ``EXPIRY.NONCE.HMAC, …``."""

SIGNATURE = re.compile(
    r"(?P<text>(?P<expiry>[0-9]{1,12})\.[0-9a-f]{1,64})\.(?P<digest>[0-9a-f]{64})"
)
MOST = 10
"""How many signatures of a request are checked: anybody may send them, and each costs an HMAC."""

LIFETIME = 60
"""Seconds that a signature may last."""

PORTS = {"http": "80", "https": "443"}
FORWARDING = re.compile(r"HTTP_(X_FORWARDED_.+|X_REAL_IP|FORWARDED|VIA|UPGRADE|CONNECTION)")
COUNTS = ("x_for", "x_proto", "x_host", "x_port", "x_prefix")


def diagnosed(app: WSGIApplication, mounted: dict[str, Any], key: bytes) -> WSGIApplication:
    """Answer signed requests in place of ``app``, and let all others pass as they are.

    It stands next to the application, so that it sees what the application would. What is signed
    is not the URL: a proxy that changes it is what the answer is to show.

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
    """Return what requests are signed with; nothing if there is no key, and nobody is answered."""
    return KEY.read_bytes() if KEY.is_file() else b""


def is_signed(header: str, key: bytes, now: float) -> bool:
    """Return whether one of the signatures in ``header`` was made with ``key``, and lasts yet."""
    for part in header.split(",", MOST)[:MOST]:
        signature = SIGNATURE.fullmatch(part.strip())
        if not signature:
            continue
        right = hmac.digest(key, signature["text"].encode(), "sha256").hex()
        if hmac.compare_digest(signature["digest"], right):
            return 0 <= int(signature["expiry"]) - now <= LIFETIME
    return False


def diagnosis(app: WSGIApplication, environ: WSGIEnvironment) -> dict[str, Any]:
    """Return what came, what ``app`` sees of it, and which URL and session cookie it makes."""
    before = environ | environ.get("werkzeug.proxy_fix.orig", {})
    flask = flask_within(app)
    seen, fixes = through_fixes(app, environ)
    return {
        "came": {
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
        "sees": sight(seen),
        "builds": {"url": Request(seen).root_url} if flask is None else builds(flask, seen),
        "own_proxy_fix": fixes,
    }


def sight(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the parts of the visitor's URL, as they are in ``environ``."""
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
    """Yield ``app`` and what it wraps, as far as middleware says that."""
    passed: list[Any] = []
    while app is not None and app not in passed:
        yield app
        passed.append(app)
        app = getattr(app, "wsgi_app", None) or getattr(app, "app", None)


def flask_within(app: WSGIApplication) -> Any:
    """Return the Flask application that ``app`` is; none if it is of another kind."""
    return app if hasattr(app, "session_interface") and hasattr(app, "request_context") else None


def through_fixes(
    app: WSGIApplication, environ: WSGIEnvironment
) -> tuple[WSGIEnvironment, list[dict[str, int]]]:
    """Return ``environ`` as it is behind each ProxyFix of the application's own, and these."""
    fixes = [link for link in chain(app) if isinstance(link, ProxyFix)]
    seen = dict(environ)
    for fix in fixes:
        alone: Any = copy.copy(fix)  # called as no WSGI application is
        alone.app = lambda environ, start_response: [environ]
        seen = dict(alone(seen, None)[0])
    return seen, [{name: getattr(fix, name) for name in COUNTS} for fix in fixes]


def builds(app: Any, environ: WSGIEnvironment) -> dict[str, Any]:
    """Return the external URL that a Flask application builds, and what its session cookie is for.

    Nobody's session is looked at for that.
    """
    anonymous = {name: value for name, value in environ.items() if name != "HTTP_COOKIE"}
    adapter = app.create_url_adapter(app.request_class(anonymous))
    with app.request_context(anonymous):
        return {
            "url": f"{adapter.url_scheme}://{adapter.get_host(None)}{adapter.script_name}",
            "cookie_path": app.session_interface.get_cookie_path(app),
            "cookie_secure": app.session_interface.get_cookie_secure(app),
        }
