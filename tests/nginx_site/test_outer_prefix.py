"""The prefix that a proxy in front takes off, as in https://example.org/outer/api/."""

from urllib.parse import urljoin

import pytest

OUTER = "X-Forwarded-Prefix: /outer"

PREFIXES = [
    pytest.param("/outer", "/outer", id="one segment"),
    pytest.param("/outer/inner", "/outer/inner", id="two segments"),
    pytest.param("/outer/", "/outer", id="slash at the end"),
    pytest.param("/v1.0/a-b_c~d", "/v1.0/a-b_c~d", id="signs"),
    pytest.param("/Outer", "/Outer", id="capitals"),
    pytest.param("/.well-known", "/.well-known", id="dot first"),
    pytest.param("/..a/b..", "/..a/b..", id="dots within segments"),
    pytest.param("/evil, /outer", "/outer", id="last of a list"),
    pytest.param("/evil,/outer/ ", "/outer", id="last of a list with blanks"),
    pytest.param("", "", id="nothing"),
    pytest.param("/", "", id="root"),
    pytest.param("outer", "", id="no slash first"),
    pytest.param("//evil.example", "", id="another host"),
    pytest.param("///evil.example", "", id="another host with three slashes"),
    pytest.param("/outer//inner", "", id="two slashes inside"),
    pytest.param("/outer//", "", id="two slashes at the end"),
    pytest.param("/\\evil.example", "", id="another host by backslash"),
    pytest.param("http://evil.example/x", "", id="URL"),
    pytest.param("javascript:alert(1)", "", id="script"),
    pytest.param("/..", "", id="up"),
    pytest.param("/.", "", id="here"),
    pytest.param("/a/../b", "", id="up inside"),
    pytest.param("/a/..", "", id="up at the end"),
    pytest.param("/a/./b", "", id="here inside"),
    pytest.param("/../, /a/../", "", id="up in a list"),
    pytest.param("/a b", "", id="blank inside"),
    pytest.param("/a?b", "", id="query"),
    pytest.param("/a%2e%2e", "", id="encoded"),
    pytest.param("/a;b", "", id="semicolon"),
    pytest.param("/a$host", "", id="dollar"),
    pytest.param("/\xe4", "", id="beyond ascii"),
]


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
        ("path", "status", "body"),
        [
            pytest.param("/docs/", 200, b"the docs", id="index"),
            pytest.param("/docs/guide/", 200, b"the guide", id="index below"),
            pytest.param("/app.js", 200, b"the script", id="file"),
            pytest.param("/deep/link", 200, b"the page", id="fallback"),
        ],
    )
    def test_are_served(self, modes, mode: str, path: str, status: int, body: bytes):
        answer = modes[mode].get(path, OUTER)
        assert (answer.status, answer.body) == (status, body)

    def test_are_missing_where_there_is_none(self, modes, mode: str):
        assert modes[mode].get("/docs/missing", OUTER).status == 404

    @pytest.mark.parametrize("path", ["//evil.example/%2e%2e/docs/guide", "//docs/guide"])
    def test_lead_to_no_other_host(self, modes, mode: str, path: str):
        location = modes[mode].get(path).location
        assert urljoin("http://example.org/", location).startswith("http://example.org/")


def test_path_keeps_its_prefix(modes):
    received = modes["all-trusted"].get("/api/x", OUTER).received
    assert received["HTTP_X_FORWARDED_PREFIX"] == "/outer/api"
