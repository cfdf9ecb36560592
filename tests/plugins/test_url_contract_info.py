"""What the module says where there is no site to ask."""

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.visit import Site, cookie
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
