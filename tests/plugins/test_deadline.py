"""What is sent and received ends by a deadline, however fast the other side is in between."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.deadline import (
    Deadline,
    LimitedSocket,
    connect,
)

SECONDS = 0.5


@pytest.fixture
def pair() -> Iterator[tuple[LimitedSocket, socket.socket]]:
    """Two ends of a connection, one of them with a deadline."""
    here, there = socket.socketpair()
    with here, there:
        yield LimitedSocket(here, Deadline(SECONDS)), there


def test_slow_receiver_is_sent_to_until_the_deadline(pair):
    limited, there = pair
    over = threading.Event()

    def receive() -> None:
        while not over.wait(0.05):
            there.recv(65536)

    thread = threading.Thread(target=receive)
    thread.start()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        limited.sendall(b"x" * 50_000_000)
    over.set()
    thread.join()
    assert time.monotonic() - began < 3 * SECONDS


def test_slow_sender_is_received_from_until_the_deadline(pair):
    limited, there = pair
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.05):
            there.sendall(b"x")

    thread = threading.Thread(target=send)
    thread.start()
    began = time.monotonic()
    with limited.makefile("rb") as file, pytest.raises(TimeoutError):
        file.read(65536)
    over.set()
    thread.join()
    assert time.monotonic() - began < 3 * SECONDS


def test_nothing_is_done_after_the_deadline(pair):
    limited, there = pair
    there.sendall(b"x")
    limited.deadline = Deadline(0)
    with pytest.raises(TimeoutError):
        limited.sendall(b"x")
    with limited.makefile("rb") as file, pytest.raises(TimeoutError):
        file.read(1)


def test_missing_socket_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        connect(f"{tmp_path}/missing.sock", Deadline(SECONDS))


def test_unknown_name_is_an_error():
    with pytest.raises(OSError):
        connect("missing.invalid:80", Deadline(5))
