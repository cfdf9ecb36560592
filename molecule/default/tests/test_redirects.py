"""Every redirect has a URL that the client can request."""

import pytest
from client import LOCALHOST, ask

HERE = f"http://{LOCALHOST}"


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        pytest.param("/api/", 303, f"{HERE}/api/result", id="absolute URL built by the app"),
        pytest.param("/api/test", 303, "/api/success", id="relative URL built by the app"),
        pytest.param("/api/dir", 308, f"{HERE}/api/dir/", id="slash added by Flask"),
        pytest.param("/api/dir?a=1", 308, f"{HERE}/api/dir/?a=1", id="slash added, query kept"),
        pytest.param("/api", 308, "/api/", id="slash added by nginx"),
        pytest.param("/api?a=1&b=2", 308, "/api/?a=1&b=2", id="slash added by nginx, query kept"),
    ],
)
def test_location(path, status, location):
    answer = ask(path)
    assert (answer.status, answer.location) == (status, location)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        pytest.param(LOCALHOST, HERE, id="mapped port"),
        pytest.param("localhost", "http://localhost", id="port 80, left out"),
        pytest.param("localhost:80", "http://localhost", id="port 80, spelt out"),
        pytest.param("localhost:", "http://localhost", id="colon without a port"),
        pytest.param("LOCALHOST:8000", "http://localhost:8000", id="capital letters"),
        pytest.param("localhost.:8000", "http://localhost:8000", id="trailing dot"),
        pytest.param("127.0.0.1:8000", "http://127.0.0.1:8000", id="IPv4 address"),
        pytest.param("[::1]:8000", "http://[::1]:8000", id="IPv6 address with a port"),
        pytest.param("[::1]", "http://[::1]", id="IPv6 address"),
        pytest.param("localhost:65535", "http://localhost:65535", id="highest port"),
    ],
)
def test_location_has_the_requested_origin(host, origin):
    assert ask("/api/", host=host).location == f"{origin}/api/result"


def test_slash_redirect_keeps_the_method():
    assert ask("/api", method="POST", body=b"x").status == 308


def test_redirect_can_be_followed():
    assert ask(ask("/api/test").location).status == 200
