"""Aliases are redirected to the first name, once, with what the client sees of the URL."""

from __future__ import annotations

import pytest

ALIASES = {"nginx_site_aliases": ["www.example.org", "*.old.example", "203.0.113.5"]}
PROXY = {"nginx_site_trusted_proxies": ["127.0.0.1"]}
SITES: dict[str, dict] = {
    "edge": {**ALIASES, "nginx_site_https_redirect": False},
    "to-https": {**ALIASES},
    "other-port": {**ALIASES, "nginx_site_https_port": 8443},
    "fronted": {**ALIASES, **PROXY, "nginx_site_https_redirect": False},
    "all-trusted": {
        **ALIASES,
        **PROXY,
        "nginx_site_https_redirect": False,
        "nginx_site_trusted_headers": ["proto", "for", "host", "port", "prefix"],
    },
    "pinned": {
        **ALIASES,
        "nginx_site_https_redirect": False,
        "nginx_site_public_url": "https://pub.example:8443/outer",
    },
}


@pytest.fixture(scope="module")
def sites(serve_each):
    with serve_each(SITES) as served:
        yield served


def where(answer) -> str | int:
    """Return the target of the redirect, or the status of another response."""
    return answer.location if answer.status == 308 else answer.status


@pytest.mark.parametrize(
    ("site", "host", "headers", "target"),
    [
        pytest.param("edge", "example.org", [], 200, id="first name"),
        pytest.param("edge", "localhost", [], 200, id="other server name"),
        pytest.param("edge", "www.example.org", [], "http://example.org", id="alias"),
        pytest.param("edge", "WWW.Example.ORG", [], "http://example.org", id="capitals"),
        pytest.param("edge", "a.b.old.example", [], "http://example.org", id="wildcard"),
        pytest.param("edge", "203.0.113.5", [], "http://example.org", id="address"),
        pytest.param("edge", "www.example.org:8080", [], "http://example.org:8080", id="port"),
        pytest.param("edge", "www.evil.example", [], 421, id="unknown name"),
        pytest.param(
            "edge",
            "www.example.org",
            ["X-Forwarded-Proto: https", "X-Forwarded-Port: 444"],
            "http://example.org",
            id="untrusted headers",
        ),
        pytest.param("to-https", "www.example.org", [], "https://example.org", id="also to https"),
        pytest.param(
            "other-port", "www.example.org", [], "https://example.org:8443", id="to another port"
        ),
        pytest.param(
            "fronted",
            "www.example.org",
            ["X-Forwarded-Proto: https"],
            "https://example.org",
            id="TLS ends at a proxy",
        ),
        pytest.param(
            "fronted",
            "www.example.org",
            ["X-Forwarded-Host: example.org"],
            200,
            id="proxy that changes Host to an alias",
        ),
        pytest.param(
            "fronted",
            "www.example.org",
            ["X-Forwarded-Host: www.example.org, example.org:8443"],
            200,
            id="proxy that adds to a list",
        ),
        pytest.param(
            "fronted",
            "www.example.org",
            ["X-Forwarded-Host: www.example.org"],
            "http://example.org",
            id="proxy that forwards the alias",
        ),
        pytest.param(
            "all-trusted",
            "inside.example.org",
            ["X-Forwarded-Host: www.example.org", "X-Forwarded-Proto: https"],
            "https://example.org",
            id="forwarded alias",
        ),
        pytest.param(
            "all-trusted",
            "www.example.org",
            ["X-Forwarded-Host: www.example.org:444", "X-Forwarded-Prefix: /outer"],
            "http://example.org:444/outer",
            id="forwarded port and prefix",
        ),
        pytest.param(
            "pinned", "www.example.org", [], "https://pub.example:8443/outer", id="pinned URL"
        ),
        pytest.param("pinned", "example.org", [], 200, id="pinned URL, first name"),
    ],
)
def test_alias(sites, site: str, host: str, headers: list[str], target: str | int):
    path = "/api/x?a=%2F&b"
    answer = sites["http"][site].get(path, *headers, host=host)
    assert where(answer) == (target if isinstance(target, int) else target + path)


def test_alias_by_tls(sites):
    answer = sites["https"]["edge"].get("/", host="www.example.org")
    assert where(answer) == "https://example.org/"


def test_challenge_is_not_redirected(sites):
    path = "/.well-known/acme-challenge/token"
    assert where(sites["http"]["edge"].get(path, host="www.example.org")) == 200


def test_method_is_kept(sites):
    answer = sites["http"]["edge"].ask("POST /api/x HTTP/1.1", "Host: www.example.org")
    assert where(answer) == "http://example.org/api/x"
