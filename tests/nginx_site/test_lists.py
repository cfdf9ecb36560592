"""What apps are told that count two proxies: the visitor's value, and then what nginx was asked."""

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
        id="a proxy says one thing after the visitor",
    ),
    pytest.param(
        "append",
        ALL_OF_IT,
        "127.0.0.2",
        ["127.0.0.2,127.0.0.2", "localhost:8080,localhost:8080", "8080,8080"]
        + ["/api,/api", "http,http"],
        id="a visitor says everything",
    ),
    pytest.param(
        "append-at-the-edge",
        ALL_OF_IT,
        "127.0.0.1",
        ["127.0.0.1,127.0.0.1", "localhost:8080,localhost:8080", "8080,8080"]
        + ["/api,/api", "http,http"],
        id="nobody is believed",
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
def test_has_two_values_whoever_speaks(modes, mode, headers, peer, lists):
    told = modes[mode].get("/api/x", *headers, host="localhost:8080", peer=peer).told
    assert [told[name] for name in sorted(FORWARDED)] == lists


def test_host_is_one_value(modes):
    assert modes["append"].get("/api/x", *ALL_OF_IT).told["HTTP_HOST"] == "example.org:8443"


@pytest.mark.parametrize(
    ("host", "near"),
    [
        pytest.param("example.org", "80", id="default"),
        pytest.param("example.org:81", "81", id="another"),
        pytest.param("[::1]:81", "81", id="IPv6"),
        pytest.param("[::1]", "80", id="IPv6, default"),
    ],
)
def test_second_port_is_the_one_that_nginx_was_asked_for(modes, host: str, near: str):
    told = modes["append"].get("/api/x", host=host).told
    assert told["HTTP_X_FORWARDED_PORT"].split(",")[1] == near


@pytest.mark.parametrize("seen", ["REMOTE_ADDR", "HTTP_X_REAL_IP"])
def test_address_is_the_visitors(modes, seen: str):
    answer = modes["append"].get("/api/x", "X-Forwarded-For: 192.0.2.7")
    assert answer.seen["environ"][seen] == "192.0.2.7"
