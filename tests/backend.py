"""A small web server for tests of what nginx passes on, and how often."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = tuple[int, dict[str, str], str]
"""Status, headers and body of a response."""


@dataclass
class Backend:
    """What answers at a port. ``reply`` makes the response; None closes the connection."""

    port: int
    reply: Callable[[BaseHTTPRequestHandler], Reply | None]
    received: list[str] = field(default_factory=list)
    """The requests so far, as ``GET /path``."""


@contextmanager
def backend(
    port: int,
    reply: Callable[[BaseHTTPRequestHandler], Reply | None],
    context: ssl.SSLContext | None = None,
) -> Iterator[Backend]:
    """Serve ``reply`` at ``port`` of 127.0.0.1, by TLS with a ``context``."""
    served = Backend(port, reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            served.received.append(f"{self.command} {self.path}")
            self.body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            reply = served.reply(self)
            if reply is None:
                self.close_connection = True
                return
            status, headers, body = reply
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_DELETE = do

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
