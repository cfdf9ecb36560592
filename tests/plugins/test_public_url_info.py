"""The module public_url_info where there is no site."""

import hmac
import os
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.public_url import PublicUrl
from ansible_collections.subsite.deploy.plugins.module_utils.verify import run
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import (
    Endpoint,
    parse_cookie,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.probes import Probe
from ansible_collections.subsite.deploy.plugins.modules import public_url_info


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "ftp://example.org/", "https:///api", "http://[", "http://a:b/"),
        *("http://a:0/", "http://a..b/", f"http://{'a' * 64}.example/", "http://bücher.example/"),
        *("http://a b/", "http://a/\x1b[31m"),
    ],
)
def test_invalid_url_is_an_input_error(run_module, url: str):
    said = run_module(public_url_info, url=url)
    assert said["msg"] == f"url: {url!r} is not a URL such as https://example.org/api/"


@pytest.mark.parametrize("arguments", [{}, {"_ansible_check_mode": True}])
def test_closed_port_is_no_answer(run_module, arguments: dict):
    said = run_module(public_url_info, url="http://127.0.0.1:1/api/", timeout=5, **arguments)
    assert (said["changed"], said["right"], said["report"]["hops"]) == (False, True, [])
    assert said["report"]["unanswered"].startswith("ConnectionRefusedError")


@pytest.mark.parametrize(
    ("url", "parts", "authority"),
    [
        ("https://Example.org", ("https", "example.org", "443", ""), "example.org"),
        (
            "http://example.org:8000/api/",
            ("http", "example.org", "8000", "/api"),
            "example.org:8000",
        ),
        ("http://[::1]:81/a/b", ("http", "[::1]", "81", "/a/b"), "[::1]:81"),
        ("https://example.org:80/", ("https", "example.org", "80", ""), "example.org:80"),
    ],
)
def test_url_is_parsed(url: str, parts: tuple, authority: str):
    public_url = PublicUrl.parse(url)
    assert (public_url.scheme, public_url.host, public_url.port, public_url.prefix) == parts
    assert public_url.authority == authority


def test_cookie_is_parsed_without_its_value():
    assert parse_cookie("session=secret; Path=/api; HttpOnly; secure; Domain=example.org") == {
        "name": "session",
        "path": "/api",
        "domain": "example.org",
        "secure": True,
    }


class TestKeys:
    @pytest.fixture
    def releases(self, tmp_path: Path) -> Path:
        """Twelve releases with a key each; their names are in another order than their times."""
        for number in range(12):
            release = tmp_path / f"{number * 7 % 12:x}"
            release.mkdir()
            (release / "diagnosis.key").write_text(str(number))
            (release / "release.json").write_text("{}")
            os.utime(release / "release.json", (1000 + number, 1000 + number))
        return tmp_path

    def test_last_deployed_release_is_first(self, releases: Path):
        found = run.read_keys(f"{releases}/*/diagnosis.key")
        assert found == [str(number).encode() for number in reversed(range(12))]

    def test_redeployed_release_is_first(self, releases: Path):
        (releases / "0" / "release.json").touch()
        assert run.read_keys(f"{releases}/*/diagnosis.key")[0] == b"0"

    def test_release_being_built_is_first(self, releases: Path):
        (releases / "0" / "release.json").unlink()
        assert run.read_keys(f"{releases}/*/diagnosis.key")[0] == b"0"

    def test_ten_keys_sign_a_request(self, run_module, releases: Path):
        keys, nowhere = f"{releases}/*/diagnosis.key", "http://127.0.0.1:1/"
        signature = run_module(public_url_info, url=nowhere, keys=keys)["signature"]
        signatures = [part.rpartition(".") for part in signature.split(", ")]
        signed = [
            str(number)
            for text, _, digest in signatures
            for number in range(12)
            if hmac.digest(str(number).encode(), text.encode(), "sha256").hex() == digest
        ]
        assert signed == [str(number) for number in reversed(range(2, 12))]


class RecordingEndpoint(Endpoint):
    """An endpoint that records which requests are signed."""

    requests: list[bool] = []

    def request(self, target: str, *arguments, signed: bool = False, **more):
        self.requests.append(signed)
        return super().request(target, *arguments, signed=signed, **more)


def test_closed_port_is_tried_once():
    url = PublicUrl.parse("http://127.0.0.1:1/api/")
    endpoint = RecordingEndpoint("127.0.0.1:1", "127.0.0.1", None, url.authority, signature="1.2.3")
    responses = Probe("public", endpoint, url).send(outermost=True, websocket=True, body=1)
    assert "ConnectionRefusedError" in responses["plain"]["error"]
    assert endpoint.requests == [True]
