"""Connect, send and receive within a total time, however slow the other side is."""

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
    """A point in time at which all operations end."""

    def __init__(self, seconds: float) -> None:
        """Start to count ``seconds``."""
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

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self.end


class LimitedSocket:
    """A connected socket for ``http.client``, with one deadline for all operations.

    The timeout of a plain socket is for one call of ``recv`` or ``send``, so each byte restarts it.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        """Wrap the ``connected`` socket, which may use TLS."""
        self.connected, self.deadline = connected, deadline

    def sendall(self, data: bytes) -> None:
        """Send all of ``data``."""
        rest = memoryview(data)
        while rest:
            self.connected.settimeout(self.deadline.left())
            rest = rest[self.connected.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return the received bytes as a file; ``mode`` is always ``rb``."""
        return io.BufferedReader(Incoming(self.connected, self.deadline))

    def close(self) -> None:
        """Close the socket, unless a file of it is still open."""
        self.connected.close()


class Incoming(io.RawIOBase):
    """The bytes that a socket receives until the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        """Prepare to receive from the ``connected`` socket."""
        self.connected, self.deadline = connected, deadline
        self.raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Return true; ``io.BufferedReader`` calls this."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Receive bytes into ``buffer``."""
        self.connected.settimeout(self.deadline.left())
        return self.raw.readinto(buffer)

    def close(self) -> None:
        """Close the file, so that the socket can close."""
        self.raw.close()
        super().close()


def connect(where: str, deadline: Deadline) -> socket.socket:
    """Return a socket that is connected to ``where``, the path of a socket or ``host:port``.

    :raises OSError: when there is no connection.
    """
    if where.startswith("/"):
        return _connected(socket.AF_UNIX, where, deadline.left())
    host, _, port = where.rpartition(":")
    addresses = _addresses(host.strip("[]"), int(port), deadline)
    for number, (family, *_, address) in enumerate(addresses):
        # Each address gets a share of the time: the first ones may not respond.
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
    """Return the addresses of ``host``. A thread asks, since getaddrinfo(3) has no timeout."""
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
