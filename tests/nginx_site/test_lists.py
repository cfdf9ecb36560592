"""Headers for apps that count two proxies: the client's value, then the requested one."""

import pytest

FORWARDED = {
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_PROTO",
}
ALL_OF_IT = [
    "X-Forwarded-For: 192.0.2.7",
    "X-Forwarded-Host: example.org:8443",
    "X-Forwarded-Port: 443",
    "X-Forwarded-Prefix: /outer",
    "X-Forwarded-Proto: https",
]
LISTS = [
    pytest.param(
        "append",
        ALL_OF_IT,
        "127.0.0.1",
        ["192.0.2.7,127.0.0.1", "example.org:8443,localhost:8080", "8443,8080"]
        + ["/outer/api,/api", "https,http"],
        id="a proxy says everything",
    ),
    pytest.param(
        "append",
        [],
        "127.0.0.1",
        ["127.0.0.1,127.0.0.1", "localhost:8080,localhost:8080", "8080,8080"]
        + ["/api,/api", "http,http"],
        id="a proxy says nothing",
    ),
    pytest.param(
        "append",
        ["X-Forwarded-Proto: http, https"],
        "127.0.0.1",
        ["127.0.0.1,127.0.0.1", "localhost:8080,localhost:8080", "8080,8080"]
        + ["/api,/api", "https,http"],
        id="proxy appends to the client",
    ),
    pytest.param(
        "append",
        ALL_OF_IT,
        "127.0.0.2",
        ["127.0.0.2,127.0.0.2", "localhost:8080,localhost:8080", "8080,8080"]
        + ["/api,/api", "http,http"],
        id="client sends everything",
    ),
    pytest.param(
        "append-at-the-edge",
        ALL_OF_IT,
        "127.0.0.1",
        ["127.0.0.1,127.0.0.1", "localhost:8080,localhost:8080", "8080,8080"]
        + ["/api,/api", "http,http"],
        id="no trusted proxy",
    ),
    pytest.param(
        "append-to-pinned",
        ALL_OF_IT,
        "127.0.0.1",
        ["127.0.0.1,127.0.0.1", "pub.example,localhost:8080", "443,8080"]
        + ["/api,/api", "https,http"],
        id="the URL is pinned",
    ),
]


@pytest.mark.parametrize(("mode", "headers", "peer", "lists"), LISTS)
def test_has_two_values(modes, mode, headers, peer, lists):
    received = modes[mode].get("/api/x", *headers, host="localhost:8080", peer=peer).received
    assert [received[name] for name in sorted(FORWARDED)] == lists


def test_host_is_one_value(modes):
    assert modes["append"].get("/api/x", *ALL_OF_IT).received["HTTP_HOST"] == "example.org:8443"


@pytest.mark.parametrize(
    ("host", "port"),
    [
        pytest.param("example.org", "80", id="default"),
        pytest.param("example.org:81", "81", id="another"),
        pytest.param("[::1]:81", "81", id="IPv6"),
        pytest.param("[::1]", "80", id="IPv6, default"),
    ],
)
def test_second_port_is_the_requested_one(modes, host: str, port: str):
    received = modes["append"].get("/api/x", host=host).received
    assert received["HTTP_X_FORWARDED_PORT"].split(",")[1] == port


@pytest.mark.parametrize("name", ["REMOTE_ADDR", "HTTP_X_REAL_IP"])
def test_address_is_the_client_s(modes, name: str):
    answer = modes["append"].get("/api/x", "X-Forwarded-For: 192.0.2.7")
    assert answer.echo["environ"][name] == "192.0.2.7"
