"""What an app leaves of a body is read, in bounded time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader
from subsite_wsgi import unread_body


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """nginx's end of a connection, and gunicorn's."""
    nginx, gunicorn = socket.socketpair()
    with nginx, gunicorn:
        yield nginx, gunicorn


def read_rest(gunicorn: socket.socket, length: int) -> float:
    """Call the hook for a request with a body of ``length``, and return how long it took."""
    unreader = SocketUnreader(gunicorn)
    request = SimpleNamespace(body=Body(LengthReader(unreader, length)), unreader=unreader)
    began = time.monotonic()
    unread_body.read_unread_body(None, request, {}, None)
    return time.monotonic() - began


def test_whole_rest_is_read(connection):
    nginx, gunicorn = connection
    nginx.sendall(b"x" * 100_000)
    read_rest(gunicorn, 100_000)
    with pytest.raises(BlockingIOError):
        gunicorn.recv(1, socket.MSG_DONTWAIT)


def test_stalled_body_ends(connection, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unread_body, "SECONDS", 0.5)
    nginx, gunicorn = connection
    gunicorn.settimeout(60)
    nginx.sendall(b"x")
    assert 0.4 < read_rest(gunicorn, 100_000) < 30
    assert gunicorn.gettimeout() == 60


def test_closed_connection_ends(connection):
    nginx, gunicorn = connection
    nginx.close()
    assert read_rest(gunicorn, 100_000) < 5


def test_connection_that_the_app_has_closed_ends(connection):
    """As an app does that has answered with WebSocket."""
    _, gunicorn = connection
    gunicorn.close()
    assert read_rest(gunicorn, 0) < 5
