"""The app receives the right origin and client address, also with forged headers."""

import pytest
from client import ask

JSON = {"Accept": "application/json"}
FORGED = [
    pytest.param({"X-Forwarded-Proto": "https"}, id="scheme"),
    pytest.param({"X-Forwarded-Host": "evil.example"}, id="host"),
    pytest.param({"X-Forwarded-Port": "666"}, id="port"),
    pytest.param({"X-Forwarded-Prefix": "/evil"}, id="prefix"),
    pytest.param({"X-Forwarded-Ssl": "on"}, id="scheme, X-Forwarded-Ssl"),
    pytest.param({"X-Forwarded-Protocol": "ssl"}, id="scheme, in a third dialect"),
    pytest.param({"Front-End-Https": "on"}, id="scheme, in a fourth dialect"),
    pytest.param({"Forwarded": "host=evil.example;proto=https"}, id="RFC 7239"),
    pytest.param({"X-Script-Name": "/evil"}, id="script name"),
    pytest.param({"X-Original-Url": "/evil"}, id="original URL"),
]


@pytest.fixture(scope="module")
def truth():
    return ask("/api/whoami", headers=JSON).json


@pytest.mark.parametrize("headers", FORGED)
def test_forged_header_changes_nothing(truth, headers):
    assert ask("/api/whoami", headers=JSON | headers).json == truth


@pytest.mark.parametrize("headers", FORGED)
def test_forged_header_is_no_error(headers):
    assert ask("/api/result", headers=headers).status == 200


def test_client_address_is_the_peer(truth):
    answer = ask("/api/whoami", headers=JSON | {"X-Forwarded-For": "203.0.113.66"})
    assert answer.json["remote_addr"] == truth["remote_addr"] != "203.0.113.66"


def test_root_path_is_the_prefix(truth):
    assert truth["root_path"] == "/api"


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("user@localhost", id="user"),
        pytest.param("local_host", id="underscore"),
        pytest.param("localhost:abc", id="port of letters"),
        pytest.param("localhost:0", id="port zero"),
        pytest.param("localhost:65536", id="port too high"),
        pytest.param("localhost:080", id="port with a leading zero"),
        pytest.param("localhost:8000:1", id="two ports"),
        pytest.param("localhost,evil.example", id="list"),
        pytest.param('a"b', id="quote"),
        pytest.param("[::1", id="half an IPv6 address"),
    ],
)
def test_invalid_host_gets_400(host):
    assert ask("/api/", host=host).status == 400


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2"])
def test_unknown_host_is_rejected(host):
    assert ask("/api/", host=host).status == 421
