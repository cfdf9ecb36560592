"""What the module says where there is no site to ask."""

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.visit import (
    Layer,
    Place,
    Site,
    cookie,
)
from ansible_collections.subsite.deploy.plugins.modules import url_contract_info


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org/", "https:///api"])
def test_what_no_browser_could_ask_for_is_refused(run_module, url: str):
    said = run_module(url_contract_info, url=url)
    assert said["msg"] == f"url: {url!r} is no URL as browsers show it, as https://example.org/api/"


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
