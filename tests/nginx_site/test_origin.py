"""The public origin as nginx decides it, without a proxy in front."""

import socket

import pytest
from hosts import invalid_hosts, valid_hosts


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        *valid_hosts("example.org", "http"),
        pytest.param("a.example.net", "http://a.example.net", id="wildcard"),
        pytest.param("a.b.example.net:81", "http://a.b.example.net:81", id="deep wildcard"),
    ],
)
class TestHost:
    def test_reaches_an_app(self, server, host: str, origin: str):
        assert server.get("/api/x?a=b", host=host).echo["url"] == f"{origin}/api/x?a=b"

    def test_reaches_an_app_without_its_prefix(self, server, host: str, origin: str):
        assert server.get("/strip/x", host=host).echo["url"] == f"{origin}/strip/x"

    def test_reaches_an_app_that_owns_its_prefix(self, server, host: str, origin: str):
        assert server.get("/own/x", host=host).echo["url"] == f"{origin}/own/x"


@pytest.mark.parametrize(
    ("target", "host", "origin"),
    [
        pytest.param(
            "http://localhost:9/api/x", "example.org:8000", "http://localhost:9", id="with a port"
        ),
        pytest.param(
            "http://localhost/api/x", "example.org:8000", "http://localhost", id="without a port"
        ),
        pytest.param("http://[::1]:9/api/x", "example.org", "http://[::1]:9", id="IPv6"),
        pytest.param("HTTP://localhost:9/api/x", "localhost", "http://localhost:9", id="capitals"),
    ],
)
@pytest.mark.parametrize("blanks", [" ", "  ", "     "], ids=["one", "two", "five"])
def test_target_wins_over_host(server, target: str, host: str, origin: str, blanks: str):
    """However many blanks are before it, which nginx lets pass."""
    answer = server.ask(f"GET{blanks}{target} HTTP/1.1", f"Host: {host}")
    assert answer.echo["url"] == f"{origin}/api/x"


class TestNoHost:
    def test_is_the_first_name_in_http_1_0(self, server):
        assert server.ask("GET /api/x HTTP/1.0").echo["url"] == "http://example.org/api/x"

    def test_is_refused_in_http_1_1(self, server):
        assert server.ask("GET /api/x HTTP/1.1").status == 400


@pytest.mark.parametrize("host", invalid_hosts("example.org"))
def test_invalid_host_is_rejected(server, host: str):
    assert server.get("/api/x", host=host).status == 400


def test_two_hosts_are_refused(server):
    answer = server.ask("GET /api/x HTTP/1.1", "Host: example.org", "Host: localhost")
    assert answer.status == 400


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("evil.example", id="another name"),
        pytest.param("evil.example:8000", id="another name with a port"),
        pytest.param("example.net", id="name above the wildcard"),
        pytest.param("xexample.org", id="longer name"),
        pytest.param("example.org.evil.example", id="longer name to the right"),
        pytest.param("127.0.0.2", id="another IPv4"),
        pytest.param("[::2]", id="another IPv6"),
    ],
)
@pytest.mark.parametrize("path", ["/api/x", "/", "/old", "/api"])
def test_unknown_host_is_rejected(server, host: str, path: str):
    assert server.get(path, host=host).status == 421


def test_unknown_host_in_the_target_is_rejected(server):
    answer = server.ask("GET http://evil.example/api/x HTTP/1.1", "Host: example.org")
    assert answer.status == 421


FORGED = [
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Proto: javascript",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Prefix: //evil.example",
    "X-Forwarded-For: 203.0.113.66",
    "X-Real-IP: 203.0.113.66",
    "Forwarded: for=203.0.113.66;host=evil.example;proto=https",
    "X-Forwarded-Ssl: on",
    "X-Forwarded-Ssl: off",
    "X-Forwarded-Protocol: ssl",
    "X-Forwarded-Scheme: https",
    "X-Forwarded-Server: evil.example",
    "X-Forwarded-Path: /evil",
    "X-Forwarded-Uri: /evil",
    "X-Url-Scheme: https",
    "X-Scheme: https",
    "X-Forwarded-Base: /evil",
    "True-Client-IP: 203.0.113.66",
    "X-Client-IP: 203.0.113.66",
    "CF-Connecting-IP: 203.0.113.66",
    'CF-Visitor: {"scheme":"https"}',
    "Front-End-Https: on",
    "X-Script-Name: /evil",
    "Script-Name: /evil",
    "SCRIPT_NAME: /evil",
    "Path-Info: /evil",
    "PATH_INFO: /evil",
    "X_Forwarded_Host: evil.example",
    "X_FORWARDED_PROTO: https",
    "X-Original-URL: /evil",
    "X-Original-URI: /evil",
    "X-Original-Host: evil.example",
    "X-Rewrite-URL: /evil",
    "X-Http-Host-Override: evil.example",
    "Proxy: http://evil.example",
    "Connection: close, X-Forwarded-Host",
]


@pytest.mark.parametrize("header", FORGED)
@pytest.mark.parametrize("path", ["/api/x", "/strip/x", "/own/x"])
def test_forged_header_changes_nothing(server, path: str, header: str):
    honest, forged = server.get(path), server.get(path, header)
    assert (forged.status, forged.echo) == (200, honest.echo)


def test_forged_headers_change_nothing_together(server):
    assert server.get("/api/x", *FORGED[:-1]).echo == server.get("/api/x").echo


def test_forged_header_twice_changes_nothing(server):
    twice = ["X-Forwarded-Proto: https", "X-Forwarded-Proto: http"]
    assert server.get("/api/x", *twice).echo == server.get("/api/x").echo


def test_forged_headers_go_no_further_than_nginx(server):
    request = "\r\n".join(["GET /raw/ HTTP/1.1", "Host: example.org", *FORGED, "", ""])
    with socket.socket(socket.AF_UNIX) as upstream:
        upstream.bind(f"{server.top}/raw.sock")
        upstream.listen()
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(request.encode())
            with upstream.accept()[0] as connection:
                lines = connection.recv(65536).decode().split("\r\n")
    assert sorted(line for line in lines[1:-2] if not line.startswith("X-Request-ID: ")) == [
        "Host: example.org",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Host: example.org",
        "X-Forwarded-Port: 80",
        "X-Forwarded-Prefix: /raw",
        "X-Forwarded-Proto: http",
        "X-Real-IP: 127.0.0.1",
    ]


def test_address_is_the_client_s(server):
    assert server.get("/api/x").echo["environ"]["REMOTE_ADDR"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        pytest.param("/api/x", "/api", id="whole path"),
        pytest.param("/strip/x", "/strip", id="without the prefix"),
    ],
)
def test_app_receives_one_value(server, path: str, prefix: str):
    forwarded = {
        name: value
        for name, value in server.get(path).received.items()
        if name.startswith("HTTP_X_") or name == "HTTP_HOST"
    }
    assert forwarded == {
        "HTTP_HOST": "example.org:8000",
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_X_FORWARDED_HOST": "example.org:8000",
        "HTTP_X_FORWARDED_PORT": "8000",
        "HTTP_X_FORWARDED_PREFIX": prefix,
        "HTTP_X_FORWARDED_PROTO": "http",
        "HTTP_X_REAL_IP": "127.0.0.1",
    }


def test_mount_adds_headers(server):
    assert server.get("/api/x", host="second.example").received["HTTP_X_TEAM"] == "blue GET"


def test_headers_of_a_mount_keep_the_others(server):
    main = server.get("/api/x", host="localhost").received
    second = server.get("/api/x", host="second.example").received
    del second["HTTP_X_TEAM"]
    renamed = {name: value.replace("localhost", "second.example") for name, value in main.items()}
    assert second == renamed
