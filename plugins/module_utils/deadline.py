"""Connect, send and receive for a limited time in total, however slowly the other side answers."""

from __future__ import annotations

import io
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Deadline:
    """A point in time by which something has to be done."""

    def __init__(self, seconds: float) -> None:
        """Begin to count ``seconds``."""
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        :raises TimeoutError: when there are none.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class LimitedSocket:
    """A connected socket as ``http.client`` uses one, with a deadline for all that it does.

    A socket's own timeout is for one call of ``recv`` or ``send``, and begins anew with each byte.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        """Take over the ``connected`` socket, which may speak TLS."""
        self.connected, self.deadline = connected, deadline

    def sendall(self, data: bytes) -> None:
        """Send all of ``data``."""
        rest = memoryview(data)
        while rest:
            self.connected.settimeout(self.deadline.left())
            rest = rest[self.connected.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what is received, as a file; ``mode`` is always ``rb``."""
        return io.BufferedReader(Incoming(self.connected, self.deadline))

    def close(self) -> None:
        """Close the socket, unless a file of it is still open."""
        self.connected.close()


class Incoming(io.RawIOBase):
    """What a socket receives until the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        """Receive nothing yet."""
        self.connected, self.deadline = connected, deadline
        self.raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Return that it can be read, as ``io.BufferedReader`` wants to know."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Receive at most as many bytes as ``buffer`` has."""
        self.connected.settimeout(self.deadline.left())
        return self.raw.readinto(buffer)

    def close(self) -> None:
        """Let the socket close."""
        self.raw.close()
        super().close()


def connect(where: str, deadline: Deadline) -> socket.socket:
    """Return a socket that is connected to ``where``, a socket's path or ``host:port``.

    :raises OSError: when there is no connection.
    """
    if where.startswith("/"):
        return _connected(socket.AF_UNIX, where, deadline.left())
    host, _, port = where.rpartition(":")
    addresses = _addresses(host.strip("[]"), int(port), deadline)
    for number, (family, *_, address) in enumerate(addresses):
        # An address that does not answer must leave time for the others.
        seconds = deadline.left() / (len(addresses) - number)
        try:
            return _connected(family, address, seconds)
        except OSError as error:
            failure = error
    raise failure


def _connected(family: int, address: str | tuple, seconds: float) -> socket.socket:
    connected = socket.socket(family)
    try:
        connected.settimeout(seconds)
        connected.connect(address)
    except OSError:
        connected.close()
        raise
    return connected


def _addresses(host: str, port: int, deadline: Deadline) -> list[tuple]:
    """Return the addresses of ``host``. A thread asks: getaddrinfo(3) takes no timeout."""
    found: queue.Queue[list[tuple] | Exception] = queue.Queue()

    def ask() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = found.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer
