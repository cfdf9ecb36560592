"""The apps know the visitor's URL, and no visitor can make another one up."""

from __future__ import annotations

import pytest
from visitor import ask

FORGED = {
    "Forwarded": "for=192.0.2.1;host=evil.example;proto=https",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Ssl": "on",
    "X-Real-IP": "192.0.2.1",
    "X-Script-Name": "/evil",
    "Script-Name": "/evil",
    "Proxy": "evil.example",
}


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
        pytest.param("two.example:18082", 8080, id="which is mapped"),
        pytest.param("two.example", 8080, id="which somebody else's port 80 is mapped to"),
    ],
)
def test_host(host, port):
    environ = ask("/api/x", host=host, port=port).json["environ"]
    assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("http", host)


@pytest.mark.parametrize("mount", ["/api", "/narrow"])
def test_forged_headers_change_nothing(mount):
    asked = [ask(f"{mount}/x", headers=headers).json["environ"] for headers in (FORGED, {})]
    forged, usual = (environ | {"HTTP_X_REQUEST_ID": "another each time"} for environ in asked)
    assert forged == usual


def test_headers_of_a_mount_come_with_the_request():
    environ = ask("/narrow/x?y=1").json["environ"]
    assert (environ["HTTP_X_TEAM"], environ["HTTP_X_ASKED_FOR"]) == ("blue", "/narrow/x?y=1")


def test_headers_of_a_mount_cannot_be_forged():
    assert ask("/narrow/x", headers={"X-Team": "red"}).json["environ"]["HTTP_X_TEAM"] == "blue"


def test_headers_of_a_mount_are_for_it_alone():
    assert "HTTP_X_TEAM" not in ask("/api/x").json["environ"]
