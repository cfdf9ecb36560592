"""A tree of modules with pinned hashes, on a port, at the root of a name of its own."""

import pytest
from client import ask


@pytest.mark.parametrize("site", ["ledger.example.test", "ledger.example.test:18001"])
def test_url_is_the_root(site):
    assert ask("/", host=site).text == f"http://{site}/"


def test_other_name_is_not_answered():
    assert ask("/", host="shop.example.test").status == 404


def test_port_is_local(host):
    ports = [address for address in host.socket.get_listening_sockets() if ":8123" in address]
    assert ports == ["tcp://127.0.0.1:8123"]
