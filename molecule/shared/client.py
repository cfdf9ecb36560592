"""HTTP requests to a host, by the ports of this machine that are mapped to it."""

from __future__ import annotations

import http.client
import socket

from answer import Answer
from controller import MOLECULE

PUBLISHED = [
    port.split(":") for host in MOLECULE["platforms"] for port in host.get("published_ports", [])
]
PORTS = {int(theirs): int(ours) for _, ours, theirs in PUBLISHED}
"""The port of this machine for each published port of the host."""
HTTP = min(PORTS, default=80)
"""The default port: the lowest published port of the host."""
LOCALHOST = f"localhost:{PORTS.get(HTTP)}"
"""The Host header of a browser on this machine."""


def connect(port: int = HTTP) -> http.client.HTTPConnection:
    """Return a connection to a port of the host, on which several requests can be sent."""
    return http.client.HTTPConnection("127.0.0.1", PORTS[port], timeout=30)


def ask(
    path: str,
    method: str = "GET",
    *,
    host: str = LOCALHOST,
    port: int = HTTP,
    body: bytes | str | None = None,
    headers: dict[str, str] | None = None,
    connection: http.client.HTTPConnection | None = None,
) -> Answer:
    """Send one request unchanged, on a new connection unless one is given."""
    used = connection or connect(port)
    try:
        used.request(method, path, body, {"Host": host, **(headers or {})})
        with used.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read())
    finally:
        if connection is None:
            used.close()


def send(request: bytes, port: int = HTTP) -> bytes:
    """Send raw bytes, and return all bytes until nginx closes the connection."""
    with socket.create_connection(("127.0.0.1", PORTS[port]), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
