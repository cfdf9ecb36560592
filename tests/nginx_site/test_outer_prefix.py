"""The prefix that a proxy in front takes off, as in https://example.org/outer/api/."""

from urllib.parse import urljoin

import pytest

OUTER = "X-Forwarded-Prefix: /outer"

VALID = {
    "one segment": "/outer",
    "two segments": "/outer/inner",
    "signs": "/v1.0/a-b_c~d",
    "capitals": "/Outer",
    "dot first": "/.well-known",
    "dots within segments": "/..a/b..",
}
INVALID = {
    "nothing": "",
    "root": "/",
    "no slash first": "outer",
    "another host": "//evil.example",
    "another host with three slashes": "///evil.example",
    "two slashes inside": "/outer//inner",
    "two slashes at the end": "/outer//",
    "another host by backslash": "/\\evil.example",
    "URL": "http://evil.example/x",
    "script": "javascript:alert(1)",
    "up": "/..",
    "here": "/.",
    "up inside": "/a/../b",
    "up at the end": "/a/..",
    "here inside": "/a/./b",
    "up in a list": "/../, /a/../",
    "blank inside": "/a b",
    "query": "/a?b",
    "encoded": "/a%2e%2e",
    "semicolon": "/a;b",
    "dollar": "/a$host",
    "beyond ascii": "/\xe4",
}
PREFIXES = [
    *[pytest.param(header, header, id=words) for words, header in VALID.items()],
    pytest.param("/outer/", "/outer", id="slash at the end"),
    pytest.param("/evil, /outer", "/outer", id="last of a list"),
    pytest.param("/evil,/outer/ ", "/outer", id="last of a list with blanks"),
    *[pytest.param(header, "", id=words) for words, header in INVALID.items()],
]
"""Values of X-Forwarded-Prefix, and the outer prefix that the app receives."""


@pytest.mark.parametrize(("header", "outer"), PREFIXES)
class TestHeader:
    def test_reaches_an_app(self, modes, header: str, outer: str):
        answer = modes["all-trusted"].get("/api/x", f"X-Forwarded-Prefix: {header}")
        assert answer.echo["url"] == f"http://example.org:8000{outer}/api/x"

    def test_reaches_an_app_without_its_prefix(self, modes, header: str, outer: str):
        answer = modes["all-trusted"].get("/strip/x", f"X-Forwarded-Prefix: {header}")
        assert answer.echo["url"] == f"http://example.org:8000{outer}/strip/x"

    def test_reaches_an_app_that_owns_its_prefix(self, modes, header: str, outer: str):
        answer = modes["all-trusted"].get("/own/x", f"X-Forwarded-Prefix: {header}")
        assert answer.echo["url"] == f"http://example.org:8000{outer}/own/x"
        assert answer.echo["path"] == "/own/x"

    def test_is_in_a_redirect(self, modes, header: str, outer: str):
        answer = modes["all-trusted"].get("/api", f"X-Forwarded-Prefix: {header}")
        assert (answer.status, answer.location) == (308, f"{outer}/api/")

    def test_is_ignored_from_other_clients(self, modes, header: str, outer: str):
        answer = modes["all-trusted"].get("/api", f"X-Forwarded-Prefix: {header}", peer="127.0.0.2")
        assert answer.location == "/api/"

    def test_is_ignored_unless_trusted(self, modes, header: str, outer: str):
        answer = modes["behind"].get("/api", f"X-Forwarded-Prefix: {header}")
        assert answer.location == "/api/"


REDIRECTS = [
    pytest.param("/api", "/outer/api/", id="slash of an app"),
    pytest.param("/api?a=b&c=%2F", "/outer/api/?a=b&c=%2F", id="slash of an app, with a query"),
    pytest.param("/strip", "/outer/strip/", id="slash of an app without its prefix"),
    pytest.param("/docs", "/outer/docs/", id="slash of files"),
    pytest.param("/docs/guide", "/outer/docs/guide/", id="slash of a directory"),
    pytest.param("/docs/guide?a=b", "/outer/docs/guide/?a=b", id="slash of a directory, query"),
    pytest.param(
        "/docs/k%C3%A4se%20100%25",
        "/outer/docs/k%C3%A4se%20100%25/",
        id="slash of an encoded directory",
    ),
    pytest.param("/old", "/outer/docs/", id="redirect to a path"),
    pytest.param("/gone", "https://example.com/new?a=b", id="redirect to a URL"),
]


@pytest.mark.parametrize(("path", "location"), REDIRECTS)
class TestRedirect:
    def test_of_a_proxy_that_sends_its_prefix(self, modes, path: str, location: str):
        answer = modes["all-trusted"].get(path, OUTER)
        assert urljoin(f"/outer{path}", answer.location) == location

    def test_of_a_pinned_url(self, modes, path: str, location: str):
        answer = modes["pinned-below"].get(path)
        assert urljoin(f"/outer{path}", answer.location) == location

    def test_without_a_prefix_in_front(self, modes, path: str, location: str):
        answer = modes["all-trusted"].get(path)
        found = urljoin(path, answer.location)
        assert found == location.removeprefix("/outer")


@pytest.mark.parametrize("mode", ["all-trusted", "pinned-below"])
class TestFiles:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            pytest.param("/docs/", b"the docs", id="index"),
            pytest.param("/docs/guide/", b"the guide", id="index below"),
            pytest.param("/app.js", b"the script", id="file"),
            pytest.param("/deep/link", b"the page", id="fallback"),
        ],
    )
    def test_are_served(self, modes, mode: str, path: str, body: bytes):
        answer = modes[mode].get(path, OUTER)
        assert (answer.status, answer.body) == (200, body)

    def test_are_missing_where_there_is_none(self, modes, mode: str):
        assert modes[mode].get("/docs/missing", OUTER).status == 404

    @pytest.mark.parametrize("path", ["//evil.example/%2e%2e/docs/guide", "//docs/guide"])
    def test_lead_to_no_other_host(self, modes, mode: str, path: str):
        location = modes[mode].get(path).location
        assert urljoin("http://example.org/", location).startswith("http://example.org/")


def test_path_keeps_its_prefix(modes):
    received = modes["all-trusted"].get("/api/x", OUTER).received
    assert received["HTTP_X_FORWARDED_PREFIX"] == "/outer/api"
