"""Send requests as they are written, each on a connection of its own.

It needs nothing but Python, so it also runs on a host: it reads requests as JSON, and writes the
responses.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class RawRequest:
    """What is sent, from which address of this machine and to which port."""

    peer: str
    port: int
    tls: bool
    text: str


@dataclass(frozen=True)
class RawResponse:
    """What came back. Names of headers are in small letters; a header may be there twice."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str | None:
        """Return the values of a header, joined as RFC 9110, 5.3 allows it."""
        values = [value for other, value in self.headers if other == name.lower()]
        return ", ".join(values) if values else None


def send(request: RawRequest) -> RawResponse:
    """Send ``request``, and return the response until the server closes the connection."""
    address = ("127.0.0.1", request.port)
    with socket.create_connection(address, timeout=20, source_address=(request.peer, 0)) as plain:
        if not request.tls:
            return _exchange(plain, request)
        # What is tested is the response. The tests of TLS look at certificates.
        context = ssl._create_unverified_context()
        with context.wrap_socket(plain, server_hostname="table.example") as connection:
            return _exchange(connection, request)


def _exchange(connection: socket.socket, request: RawRequest) -> RawResponse:
    connection.sendall(request.text.encode("latin-1"))
    received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = [line.partition(":") for line in lines]
    if b"chunked" in head.lower():
        body = _without_chunks(body)
    return RawResponse(
        int(status.split()[1]),
        [(name.lower(), value.strip()) for name, _, value in headers],
        body.decode("utf-8", "replace"),
    )


def _without_chunks(body: bytes) -> bytes:
    content = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        content, body = content + body[:length], body[length + 2 :]
        if not length:
            break
    return content


if __name__ == "__main__":
    responses = [send(RawRequest(**request)) for request in json.load(sys.stdin)]
    json.dump([asdict(response) for response in responses], sys.stdout)
