"""Every redirect has a URL that the client can request."""

import pytest
from client import LOCALHOST, ask
from hosts import valid_hosts

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


@pytest.mark.parametrize(("host", "origin"), valid_hosts("localhost", "http"))
def test_location_has_the_requested_origin(host, origin):
    assert ask("/api/", host=host).location == f"{origin}/api/result"


def test_slash_redirect_keeps_the_method():
    assert ask("/api", method="POST", body=b"x").status == 308


def test_redirect_can_be_followed():
    assert ask(ask("/api/test").location).status == 200
