"""Behind every proxy, URLs, redirects and cookies are right, and a client cannot forge them."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest

LARGEST = b"x" * 2**20
"""The largest body that nginx takes by default: client_max_body_size is 1m."""

FORGED = [
    pytest.param({"X-Forwarded-Proto": "http", "X-Forwarded-Port": "80"}, id="scheme"),
    pytest.param({"X-Forwarded-Host": "evil.example", "X-Original-Host": "x.example"}, id="host"),
    pytest.param({"X-Forwarded-Port": "666"}, id="port"),
    pytest.param({"X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil"}, id="prefix"),
    pytest.param({"X-Forwarded-For": "192.0.2.1", "X-Real-IP": "192.0.2.1"}, id="address"),
    pytest.param({"Forwarded": "for=192.0.2.1;host=evil.example;proto=http"}, id="RFC 7239"),
    pytest.param(
        {"X-Forwarded-Ssl": "off", "X-Forwarded-Protocol": "http", "Front-End-Https": "off"},
        id="scheme, other headers",
    ),
]


def whoami(client, **headers: str) -> dict:
    """Return the app's answer about its URL."""
    return client.get("/api/whoami", headers={"Accept": "application/json", **headers}).json()


def test_protocol_is_the_clients(client, protocol):
    assert client.get("/api/result").http_version == protocol


def test_app_builds_the_public_url(client, url):
    assert whoami(client)["external_url"] == f"{url}/api/"


def test_app_receives_the_client_address(client, address):
    assert whoami(client)["remote_addr"] == address


def test_default_port_in_host_is_accepted(client, url):
    host = urlsplit(url)
    received = whoami(client, Host=f"{host.hostname}:{host.port or 443}")
    assert received["external_url"] == f"{url}/api/"


@pytest.mark.parametrize("headers", FORGED)
def test_forged_header_changes_nothing(client, headers):
    assert whoami(client, **headers) == whoami(client)


def test_absolute_redirect(client, url):
    answer = client.get("/api/")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{url}/api/result")


def test_slash_redirect_of_the_router(client, url):
    answer = client.get("/api/dir")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{url}/api/dir/")


def test_slash_redirect_of_the_mount_keeps_query_and_body(client, url):
    answer = client.post("/mirror?a=1", content=b"b=2", follow_redirects=True)
    assert [hop.status_code for hop in answer.history] == [308]
    assert answer.url == f"{url}/mirror/?a=1"
    assert answer.json()["environ"]["REQUEST_METHOD"] == "POST"
    assert answer.json()["body"] == "b=2"


def test_session_cookie_has_path_and_secure(client, url):
    attributes = client.get("/api/login").headers["Set-Cookie"].split("; ")
    assert {f"Path={urlsplit(url).path}/api", "Secure", "HttpOnly"} <= set(attributes)


def test_session_cookie_comes_back(client):
    assert [client.get("/api/login").json()["visits"] for _ in range(3)] == [1, 2, 3]


def test_head_has_no_body(client):
    answer = client.head("/api/result")
    assert (answer.status_code, answer.content) == (200, b"")


def test_options_reach_the_app(client):
    assert set(client.options("/api/result").headers["Allow"].split(", ")) == {
        "GET",
        "HEAD",
        "OPTIONS",
    }


def test_largest_body(client):
    assert client.post("/mirror/", content=LARGEST).json()["body"].encode() == LARGEST


def test_page(client):
    assert "data-app=" in client.get("/").text


def test_events_arrive_one_by_one(client):
    with client.stream("GET", "/api/events") as answer:
        arrivals = [time.monotonic() for line in answer.iter_lines() if line.startswith("data:")]
    assert len(arrivals) == 3
    assert arrivals[-1] - arrivals[0] > 0.1  # of 0.4 s; together they would take none


def test_websocket_echoes(echo):
    echo.send("hello")
    assert echo.recv() == "hello"
