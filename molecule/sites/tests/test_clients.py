"""The apps receive the public URL, and a client cannot forge it."""

from __future__ import annotations

import pytest
from client import ask
from forged import FORGED


@pytest.mark.parametrize(
    ("host", "port"),
    [
        pytest.param("one.example", 80, id="a name"),
        pytest.param("one.example:18002", 80, id="a name with a mapped port"),
        pytest.param("deep.www.one.example", 80, id="a name that the wildcard covers"),
        pytest.param("127.0.0.1:18002", 80, id="an IPv4 address"),
        pytest.param("[::1]", 80, id="an IPv6 address"),
        pytest.param("[::1]:18002", 80, id="an IPv6 address with a mapped port"),
        pytest.param("two.example:8080", 8080, id="another port that nginx listens on"),
        pytest.param("two.example:18082", 8080, id="mapped port"),
        pytest.param("two.example", 8080, id="mapped from a port 80"),
    ],
)
def test_host(host, port):
    environ = ask("/api/x", host=host, port=port).json["environ"]
    assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("http", host)


@pytest.mark.parametrize("mount", ["/api", "/narrow"])
def test_forged_headers_change_nothing(mount):
    environs = [ask(f"{mount}/x", headers=headers).json["environ"] for headers in (FORGED, {})]
    forged, usual = (environ | {"HTTP_X_REQUEST_ID": "another each time"} for environ in environs)
    assert forged == usual


def test_mount_headers_reach_the_app():
    environ = ask("/narrow/x?y=1").json["environ"]
    assert (environ["HTTP_X_TEAM"], environ["HTTP_X_REQUEST_PATH"]) == ("blue", "/narrow/x?y=1")


def test_mount_headers_cannot_be_forged():
    assert ask("/narrow/x", headers={"X-Team": "red"}).json["environ"]["HTTP_X_TEAM"] == "blue"


def test_mount_headers_are_for_one_mount():
    assert "HTTP_X_TEAM" not in ask("/api/x").json["environ"]
