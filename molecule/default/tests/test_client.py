"""The app receives the right origin and client address, also with forged headers."""

import pytest
from client import ask
from forged import FORGED
from hosts import invalid_hosts

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def truth():
    return ask("/api/whoami", headers=JSON).json


@pytest.mark.parametrize("name", FORGED)
def test_forged_header_changes_nothing(truth, name):
    assert ask("/api/whoami", headers={**JSON, name: FORGED[name]}).json == truth


@pytest.mark.parametrize("name", FORGED)
def test_forged_header_is_no_error(name):
    assert ask("/api/result", headers={name: FORGED[name]}).status == 200


def test_client_address_is_the_peer(truth):
    answer = ask("/api/whoami", headers=JSON | {"X-Forwarded-For": "203.0.113.66"})
    assert answer.json["remote_addr"] == truth["remote_addr"] != "203.0.113.66"


def test_root_path_is_the_prefix(truth):
    assert truth["root_path"] == "/api"


@pytest.mark.parametrize("host", invalid_hosts("localhost"))
def test_invalid_host_gets_400(host):
    assert ask("/api/", host=host).status == 400


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2"])
def test_unknown_host_is_rejected(host):
    assert ask("/api/", host=host).status == 421
