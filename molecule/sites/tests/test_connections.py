"""nginx keeps its connections to the apps."""

from __future__ import annotations

from client import ask

CONNECTIONS = "ss -xHn state connected src /run/wsgi/narrow.sock"


def test_requests_share_an_upstream_connection(connection, host):
    ask("/narrow/x", connection=connection)
    first = set(host.check_output(CONNECTIONS).splitlines())
    for _ in range(10):
        ask("/narrow/x", connection=connection)
    last = set(host.check_output(CONNECTIONS).splitlines())
    assert last
    assert last <= first
