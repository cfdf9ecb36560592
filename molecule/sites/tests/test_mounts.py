"""Each path reaches its mount, and only its mount."""

from __future__ import annotations

import pytest
from client import ask

HOME = "<title>The home page</title>"
COVER = "<title>The cover of the docs</title>"
PAGE = "<title>A page of the docs</title>"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("/", HOME, id="the page at the root"),
        pytest.param("/style.css", "body {", id="a file of it"),
        pytest.param("/a/deep/link", HOME, id="a deep link into it"),
        pytest.param("/docs/", COVER, id="the page below a prefix"),
        pytest.param("/docs/page.html", PAGE, id="a file below the prefix"),
        pytest.param("/docs/a/deep/link", PAGE, id="a deep link with another fallback"),
        pytest.param("/handbook/", "<title>The handbook", id="a directory of the host"),
        pytest.param("/handbook/chapter.txt", "How it began.", id="a file in the directory"),
        pytest.param("/api/static/badge.svg", "<svg", id="a static file of an app"),
        pytest.param("/api/static/../x", '"PATH_INFO":"/x"', id="out of the static files"),
    ],
)
def test_files(path, shown):
    answer = ask(path)
    assert (answer.status, shown in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        pytest.param("one.example", "/handbook/none", id="in a directory without a fallback"),
        pytest.param("one.example", "/api/static/none", id="among the static files of an app"),
        pytest.param("one.example", "/.errors/unavailable.html", id="the page for failures itself"),
        pytest.param("two.example", "/anything", id="on a site without a page"),
        pytest.param("two.example", "/favicon.ico", id="an icon that is not there"),
    ],
)
def test_missing_file(host, path):
    assert ask(path, host=host).status == 404


@pytest.mark.parametrize(
    ("path", "path_info"),
    [
        pytest.param("/api/x", "/x", id="a path"),
        pytest.param("/api/", "/", id="the root of the app"),
        pytest.param("/api/a%20b/%C3%A9", "/a b/\u00c3\u00a9", id="escaped characters"),
        pytest.param("/%61pi/x", "/x", id="an escaped prefix"),
        pytest.param("//api//x", "/x", id="slashes that repeat"),
        pytest.param("/docs/../api/x", "/x", id="dots through another mount"),
    ],
)
def test_app(path, path_info):
    environ = ask(path).json["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/api", path_info)


def test_app_without_its_prefix():
    environ = ask("/narrow/x").json["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/narrow", "/x")


@pytest.mark.parametrize("path", ["/apix", "/api../x", "/API/x", "/api;x/", "/docsx", "/oldx"])
def test_prefix_ends_at_a_slash(path):
    assert HOME in ask(path).text


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        pytest.param("/api", 308, "/api/", id="an app without its slash"),
        pytest.param(
            "/api?a=1&b=%2F", 308, "/api/?a=1&b=%2F", id="an app without its slash, with a query"
        ),
        pytest.param("/narrow", 308, "/narrow/", id="an app that strips"),
        pytest.param("/docs", 308, "/docs/", id="a page without its slash"),
        pytest.param("/old", 302, "/docs/", id="to a path"),
        pytest.param("/shop", 301, "https://shop.example/", id="to another site, for good"),
    ],
)
def test_redirects(method, path, status, location):
    answer = ask(path, method)
    assert (answer.status, answer.headers["Location"]) == (status, location)


def test_app_can_be_on_two_sites():
    assert ask("/api/x", host="two.example").json["environ"]["HTTP_HOST"] == "two.example"
