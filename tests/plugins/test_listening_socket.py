"""A socket that a process has altered for all others is found."""

import socket
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.listening_socket import altered


@pytest.fixture(params=["unix", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"])
def listener(request, tmp_path: Path):
    if request.param == "unix":
        listener, listen = socket.socket(socket.AF_UNIX), str(tmp_path / "x.sock")
        listener.bind(listen)
        listener.listen(2048)
    else:
        host = request.param
        is_6 = host.startswith("[")
        listener = socket.create_server(
            (host.strip("[]"), 0),
            family=socket.AF_INET6 if is_6 else socket.AF_INET,
            backlog=2048,
            dualstack_ipv6=host == "[::]",
        )
        listen = f"{host}:{listener.getsockname()[1]}"
    with listener:
        yield listener, listen


def test_not_after_its_creation(listener):
    assert not altered(listener[1])


def test_after_shutdown(listener):
    listener[0].shutdown(socket.SHUT_RDWR)
    assert altered(listener[1])


def test_after_removal(tmp_path: Path):
    assert altered(str(tmp_path / "none.sock"))


def test_with_a_shorter_queue(listener):
    listener[0].listen(1)
    assert altered(listener[1])
