"""The site answers for all of its paths."""

import base64
import socket
import time

import pytest
from client import HTTP, LOCALHOST, PORTS, ask, connect


@pytest.mark.parametrize("path", ["/", "/some/deep/link", "/apix", "/API/"])
def test_page_answers_other_paths(path):
    assert b"data-app=" in ask(path).body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/style.css", "text/css", id="style"),
        pytest.param("/journey.js", "application/javascript", id="script"),
    ],
)
def test_files_of_the_page(path, kind):
    answer = ask(path)
    assert (answer.status, answer.headers.get_content_type()) == (200, kind)


@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
def test_missing_files_are_not_the_page(path):
    assert ask(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("//api/result", id="two slashes"),
        pytest.param("/%61pi/result", id="encoded letter"),
        pytest.param("/x/../api/result", id="dots"),
        pytest.param("/api/./result", id="one dot"),
    ],
)
def test_normalised_path_finds_the_app(path):
    answer = ask(path)
    assert (answer.status, b"Result" in answer.body) == (200, True)


def test_head_has_no_body():
    answer = ask("/api/result", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_session_cookie_comes_back():
    first = ask("/api/login")
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    assert ask("/api/login", headers={"Cookie": cookie}).json["visits"] == first.json["visits"] + 1


def test_session_cookie_has_the_app_path():
    pair, *attributes = ask("/api/login").headers["Set-Cookie"].split("; ")
    assert pair.startswith("demo_session=")
    assert set(attributes) == {"Path=/api", "HttpOnly"}


def test_events_arrive_one_by_one():
    connection = connect()
    connection.request("GET", "/api/events", headers={"Host": LOCALHOST})
    answer = connection.getresponse()
    arrivals = [time.monotonic() for line in answer if line.startswith(b"data:")]
    connection.close()
    assert arrivals[-1] - arrivals[0] > 0.1  # of 0.4 s; together they would take none


def test_websocket_echoes():
    key = base64.b64encode(b"0123456789abcdef").decode()
    with socket.create_connection(("127.0.0.1", PORTS[HTTP]), timeout=30) as peer:
        peer.sendall(
            (
                f"GET /api/ws HTTP/1.1\r\nHost: {LOCALHOST}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\n\r\n"
            ).encode()
        )
        stream = peer.makefile("rb")
        status = stream.readline()
        while stream.readline() != b"\r\n":
            pass
        peer.sendall(b"\x81\x82\0\0\0\0hi")  # a masked text frame, RFC 6455 section 5.7
        frame = stream.read(4)
    assert (status.split()[1], frame) == (b"101", b"\x81\x02hi")


@pytest.mark.parametrize("path", ["/", "/api/result", "/bin/get", "/nothing.js"])
def test_server_header_has_no_version(path):
    assert ask(path).headers["Server"] == "nginx"
