"""The app of the tests: it answers with the name of its host and its version."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable

from simple_websocket import ConnectionClosed, Server

NAME = f"{socket.gethostname().rpartition('-')[2]} {os.environ.get('VERSION', '')}".strip()
SECONDS = {"/slow": 1}
"""How long an answer takes: a host that leaves has to let such requests end."""


def app(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Answer a request, or return what a WebSocket sends."""
    if environ["PATH_INFO"] == "/ws":
        return echo(environ, start_response)
    environ["wsgi.input"].read()
    # This is the work of a slow request. Without it, no request would be under way when a host
    # leaves, and a host that loses its requests would pass.
    time.sleep(SECONDS.get(environ["PATH_INFO"], 0))
    body = NAME.encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def echo(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Send each message back until the client leaves."""
    server = Server(environ)
    try:
        while True:
            server.send(server.receive())
    except ConnectionClosed:
        start_response("200 OK", [])
    return []
