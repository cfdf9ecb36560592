"""What the module says where there is no site to ask."""

import hmac
import os
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.visit import (
    Layer,
    Place,
    Site,
    cookie,
)
from ansible_collections.subsite.deploy.plugins.modules import url_contract_info


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "ftp://example.org/", "https:///api", "http://[", "http://a:b/"),
        *("http://a:0/", "http://a..b/", f"http://{'a' * 64}.example/", "http://bücher.example/"),
        *("http://a b/", "http://a/\x1b[31m"),
    ],
)
def test_what_no_browser_could_ask_for_is_refused(run_module, url: str):
    said = run_module(url_contract_info, url=url)
    assert said["msg"] == f"url: {url!r} is no URL as browsers send it, as https://example.org/api/"


@pytest.mark.parametrize("arguments", [{}, {"_ansible_check_mode": True}])
def test_nobody_there_is_a_finding_and_no_failure(run_module, arguments: dict):
    said = run_module(url_contract_info, url="http://127.0.0.1:1/api/", timeout=5, **arguments)
    assert (said["changed"], said["right"]) == (False, False)
    found = [(one["fault"], one["hop"]) for one in said["contract"]["findings"]]
    assert found == [("not-reachable", "browser")]


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
def test_url_has_parts(url: str, parts: tuple, authority: str):
    site = Site.of(url)
    assert (site.scheme, site.host, site.port, site.prefix) == parts
    assert site.authority == authority


def test_cookie_is_described_without_its_value():
    assert cookie("session=secret; Path=/api; HttpOnly; secure; Domain=example.org") == {
        "name": "session",
        "path": "/api",
        "domain": "example.org",
        "secure": True,
    }


class TestKeys:
    @pytest.fixture
    def releases(self, tmp_path: Path) -> Path:
        """Twelve releases with a key each; the names say nothing of when they were deployed."""
        for number in range(12):
            release = tmp_path / f"{number * 7 % 12:x}"
            release.mkdir()
            (release / "diagnosis.key").write_text(str(number))
            (release / "release.json").write_text("{}")
            os.utime(release / "release.json", (1000 + number, 1000 + number))
        return tmp_path

    def test_are_those_of_the_releases_deployed_last(self, releases: Path):
        found = url_contract_info.keys(f"{releases}/*/diagnosis.key")
        assert found == [str(number).encode() for number in reversed(range(12))]

    def test_of_a_release_deployed_again_is_among_them(self, releases: Path):
        (releases / "0" / "release.json").touch()
        assert url_contract_info.keys(f"{releases}/*/diagnosis.key")[0] == b"0"

    def test_of_a_release_that_is_being_built_is_among_them(self, releases: Path):
        (releases / "0" / "release.json").unlink()
        assert url_contract_info.keys(f"{releases}/*/diagnosis.key")[0] == b"0"

    def test_ten_sign_a_request(self, run_module, releases: Path):
        keys, nowhere = f"{releases}/*/diagnosis.key", "http://127.0.0.1:1/"
        proof = run_module(url_contract_info, url=nowhere, keys=keys)["proof"]
        signatures = [part.rpartition(".") for part in proof.split(", ")]
        signed = [
            str(number)
            for text, _, digest in signatures
            for number in range(12)
            if hmac.digest(str(number).encode(), text.encode(), "sha256").hex() == digest
        ]
        assert signed == [str(number) for number in reversed(range(2, 12))]


class Counted(Place):
    """A place that notes what it is asked for."""

    asked: list[bool] = []

    def ask(self, target: str, *arguments, signed: bool = False, **more):
        self.asked.append(signed)
        return super().ask(target, *arguments, signed=signed, **more)


def test_whom_nobody_can_connect_to_is_not_waited_for_twice():
    site = Site.of("http://127.0.0.1:1/api/")
    place = Counted("127.0.0.1:1", "127.0.0.1", None, site.authority, proof="1.2.3")
    found = Layer("public", place, site).visit(claims=True, websocket=True, body=1)
    assert "ConnectionRefusedError" in found["plain"]["error"]
    assert place.asked == [True]
