"""What visitors do: they ask a host on the ports of this machine that stand for the host's own."""

from __future__ import annotations

import http.client
import socket

from answer import Answer
from controller import MOLECULE

PUBLISHED = [
    port.split(":") for host in MOLECULE["platforms"] for port in host.get("published_ports", [])
]
PORTS = {int(theirs): int(ours) for _, ours, theirs in PUBLISHED}
"""The port of this machine for each port of the host that can be asked."""
HTTP = min(PORTS, default=80)
"""The port of the host that visitors come to if they name none: the lowest of these."""
LOCALHOST = f"localhost:{PORTS.get(HTTP)}"
"""What a browser on this machine would call the host."""


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
    """Send one request, as it is written, on a connection of its own unless one is given."""
    used = connection or connect(port)
    try:
        used.request(method, path, body, {"Host": host, **(headers or {})})
        with used.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read())
    finally:
        if connection is None:
            used.close()


def send(request: bytes, port: int = HTTP) -> bytes:
    """Send what no HTTP client would, and return all that comes back until nginx hangs up."""
    with socket.create_connection(("127.0.0.1", PORTS[port]), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
