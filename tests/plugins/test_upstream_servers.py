"""Upstreams of a mount, with all their options."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.upstream_servers import upstream_servers

PLAIN = {"scheme": "http", "weight": 1, "backup": False, "down": False}


@pytest.mark.parametrize(
    ("upstream", "server"),
    [
        pytest.param("10.0.0.1:80", {"address": "10.0.0.1:80", "host": "10.0.0.1"}, id="address"),
        pytest.param("[::1]:80", {"address": "[::1]:80", "host": "[::1]"}, id="IPv6 address"),
        pytest.param("/run/a.sock", {"address": "unix:/run/a.sock", "host": ""}, id="socket"),
        pytest.param(
            "https://a.example",
            {"scheme": "https", "address": "a.example:443", "host": "a.example"},
            id="https",
        ),
        pytest.param(
            "https://a.example:8443",
            {"scheme": "https", "address": "a.example:8443", "host": "a.example"},
            id="https with a port",
        ),
        pytest.param(
            "https://[2001:db8::5]",
            {"scheme": "https", "address": "[2001:db8::5]:443", "host": "[2001:db8::5]"},
            id="https to an IPv6 address",
        ),
        pytest.param(
            {"address": "a.example:80", "weight": 3, "backup": True},
            {"address": "a.example:80", "host": "a.example", "weight": 3, "backup": True},
            id="options",
        ),
    ],
)
def test_server(upstream, server: dict):
    assert upstream_servers([upstream]) == [{**PLAIN, **server}]


@pytest.mark.parametrize(
    ("drained", "down"),
    [
        pytest.param("10.0.0.1:80", [True, False, False, False], id="address"),
        pytest.param("10.0.0.1", [True, False, False, False], id="host"),
        pytest.param("https://a.example", [False, True, False, False], id="https"),
        pytest.param("/run/a.sock", [False, False, True, False], id="socket"),
        pytest.param("b.example:80", [False, False, False, True], id="options"),
        pytest.param("", [False] * 4, id="nothing"),
    ],
)
def test_drained(drained: str, down: list[bool]):
    upstreams = ["10.0.0.1:80", "https://a.example", "/run/a.sock", {"address": "b.example:80"}]
    assert [server["down"] for server in upstream_servers(upstreams, [drained])] == down
