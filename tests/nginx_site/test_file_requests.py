"""Requests for files: methods, ranges, validation, directories, and ways out of a directory."""

from __future__ import annotations

import os
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

import pytest
from serving import Nginx, free_ports, running

HERE = str(Path(__file__).parent)
ALLOW = "GET, HEAD, OPTIONS"
FILES = {
    "page/index.html": "the page",
    "page/app.js": "the script",
    "page/empty/logo.png": "x" * 100,
    "page/sub/index.html": "the sub page",
    "page/.env": "the secret",
    "page/assets/a.js": "the asset",
    "published/+shop@b/index.html": "the shop",
    "published/+shop@b/data.bin": "0123456789" * 10,
    "published/+shop@b/assets/b.js": "the asset",
    "published/+shop@b/empty/b.js": "the asset",
    "listed/käse & <b>.txt": "cheese",
    "listed/sub/deep.txt": "deep",
    "listed/indexed/index.html": "the index",
    "listed/.hidden/x": "the secret",
    "listed/.env": "the secret",
    "static/site.css": "a {}",
    "static/empty/x.css": "a {}",
    "page-secret.txt": "the secret",
    "listed-secret/x": "the secret",
    "secret.txt": "the secret",
}
MOUNTS = ["/", "/shop", "/listed", "/app/static", "/spa"]


@pytest.fixture(scope="module")
def served(nginx_site, server_at, tmp_path_factory):
    """A site with all kinds of files."""
    nginx = Nginx(tmp_path_factory.mktemp("requests"))
    [port] = free_ports(1)
    top = nginx.top / "srv/main"
    for name, text in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    (top / "listed/theirs").symlink_to(top / "secret.txt")
    os.chown(top / "listed/theirs", 65534, 65534, follow_symlinks=False)
    published = {
        "item": {"path": "/shop", "immutable": ["/assets"]},
        "dest": f"{top}/published/+shop@b",
        "others": [],
    }
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "main",
            "nginx_site_server_names": ["example.org"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_mounts": [
                {"path": "/", "root": f"{top}/page", "immutable": ["/assets"]},
                {"path": "/shop", "src": HERE, "immutable": ["/assets"]},
                {"path": "/spa", "root": f"{top}/page", "fallback": "/index.html"},
                {"path": "/listed", "root": f"{top}/listed", "listing": True},
                {
                    "path": "/app",
                    "app": "down",
                    "static": [{"path": "/static", "root": f"{top}/static"}],
                },
            ],
            "__nginx_site_published": {"results": [published]},
        },
    )
    with running(nginx):
        yield server_at(port, nginx.top)


@pytest.fixture(scope="module")
def ask(served):
    """A function that sends a request without a body."""

    def ask(method: str, path: str, *headers: str):
        return served.ask(
            f"{method} {path} HTTP/1.1", "Host: example.org", "Content-Length: 0", *headers
        )

    return ask


FILE_PATHS = [
    pytest.param("/app.js", id="file"),
    pytest.param("/", id="index"),
    pytest.param("/sub/", id="index below"),
    pytest.param("/assets/a.js", id="immutable file"),
    pytest.param("/shop/data.bin", id="published file"),
    pytest.param("/shop/assets/b.js", id="published immutable file"),
    pytest.param("/app/static/site.css", id="static file of an app"),
    pytest.param("/spa/", id="page"),
    pytest.param("/spa/route", id="route"),
    pytest.param("/spa/app.js", id="file of a page"),
    pytest.param("/spa/index.html", id="fallback itself"),
    pytest.param("/listed/", id="list"),
]


@pytest.mark.parametrize("path", FILE_PATHS)
class TestMethod:
    def test_get(self, ask, path: str):
        answer = ask("GET", path)
        assert (answer.status, answer.headers["Allow"]) == (200, None)

    def test_head(self, ask, path: str):
        head, whole = ask("HEAD", path), ask("GET", path)
        assert (head.status, head.body) == (200, b"")
        names = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control")
        assert [head.headers[name] for name in names] == [whole.headers[name] for name in names]

    def test_options(self, ask, path: str):
        answer = ask("OPTIONS", path)
        assert (answer.status, answer.body, answer.headers.get_all("Allow")) == (204, b"", [ALLOW])
        assert answer.headers["Cache-Control"] is None

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "FOO"])
    def test_other(self, ask, path: str, method: str):
        answer = ask(method, path)
        assert (answer.status, answer.headers.get_all("Allow")) == (405, [ALLOW])


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE"])
def test_allow_is_only_for_files(ask, method: str):
    assert [ask(method, path).headers["Allow"] for path in ("/app/x", "/app", "/shop")] == [
        None
    ] * 3


class TestPart:
    """Of a published file, whose content is ten times the ten digits."""

    @pytest.mark.parametrize(
        ("field", "status", "content_range", "length"),
        [
            pytest.param("bytes=10-19", 206, "bytes 10-19/100", 10, id="middle"),
            pytest.param("bytes=95-", 206, "bytes 95-99/100", 5, id="rest"),
            pytest.param("bytes=-7", 206, "bytes 93-99/100", 7, id="end"),
            pytest.param("bytes=90-200", 206, "bytes 90-99/100", 10, id="more than there is"),
            pytest.param("bytes=200-", 416, "bytes */100", None, id="beyond the end"),
            pytest.param("bytes=5-4", 416, "bytes */100", None, id="backwards"),
            pytest.param("lines=1-2", 200, None, 100, id="other unit"),
        ],
    )
    def test_of(self, ask, field: str, status: int, content_range, length):
        answer = ask("GET", "/shop/data.bin", f"Range: {field}")
        assert (answer.status, answer.headers["Content-Range"]) == (status, content_range)
        assert length is None or len(answer.body) == length

    def test_of_several(self, ask):
        answer = ask("GET", "/shop/data.bin", "Range: bytes=0-1,5-6")
        assert answer.status == 206
        assert answer.headers["Content-Type"].startswith("multipart/byteranges")

    def test_of_the_same_content_only(self, ask):
        tag = ask("GET", "/shop/data.bin").headers["ETag"]
        statuses = [
            ask("GET", "/shop/data.bin", "Range: bytes=0-9", f"If-Range: {validator}").status
            for validator in (tag, '"other"')
        ]
        assert statuses == [206, 200]

    def test_is_offered(self, ask):
        assert ask("HEAD", "/shop/data.bin").headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("path", ["/app.js", "/shop/data.bin", "/app/static/site.css", "/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
class TestValidation:
    def test_same_content(self, ask, method: str, path: str):
        found = ask(method, path).headers
        for field in (
            f"If-None-Match: {found['ETag']}",
            f"If-Modified-Since: {found['Last-Modified']}",
        ):
            answer = ask(method, path, field)
            assert (answer.status, answer.body) == (304, b"")

    def test_other_content(self, ask, method: str, path: str):
        changed = parsedate_to_datetime(ask(method, path).headers["Last-Modified"]).timestamp()
        earlier = formatdate(changed - 60, usegmt=True)
        for field in ('If-None-Match: "other"', f"If-Modified-Since: {earlier}"):
            assert ask(method, path, field).status == 200


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        pytest.param("/empty/", 404, None, id="without an index"),
        pytest.param("/empty", 301, "/empty/", id="without an index and a slash"),
        pytest.param("/sub", 301, "/sub/", id="without a slash"),
        pytest.param("/sub?a=b", 301, "/sub/?a=b", id="query"),
        pytest.param("/shop/empty/", 404, None, id="published, without an index"),
        pytest.param("/shop", 308, "/shop/", id="mount without a slash"),
        pytest.param("/app/static/", 404, None, id="static files of an app"),
        pytest.param("/app/static/empty/", 404, None, id="static directory of an app"),
        pytest.param("/assets/", 404, None, id="immutable files"),
        pytest.param("/none/", 404, None, id="missing"),
        pytest.param("/index.html/", 404, None, id="slash after a file"),
        pytest.param("/spa/empty/", 200, None, id="below a fallback"),
        pytest.param("/listed/sub", 301, "/listed/sub/", id="listed, without a slash"),
        pytest.param("/listed/none/", 404, None, id="missing below a list"),
        pytest.param("/listed/.hidden/", 404, None, id="hidden"),
    ],
)
def test_directory(ask, path: str, status: int, location: str | None):
    answer = ask("GET", path)
    assert (answer.status, answer.location) == (status, location)


class TestListing:
    def test_shows_names(self, ask):
        answer = ask("GET", "/listed/")
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "käse &amp; &lt;b&gt;.txt</a>" in answer.text
        assert '<a href="k%C3%A4se%20%26%20%3Cb%3E.txt">' in answer.text
        assert '<a href="sub/">' in answer.text

    def test_shows_no_hidden_files(self, ask):
        text = ask("GET", "/listed/").text
        assert (".env" in text, ".hidden" in text) == (False, False)

    def test_links_lead_to_the_file(self, ask):
        assert ask("GET", "/listed/k%C3%A4se%20%26%20%3Cb%3E.txt").text == "cheese"

    def test_index_comes_first(self, ask):
        assert ask("GET", "/listed/indexed/").text == "the index"

    def test_is_validated(self, ask):
        assert ask("GET", "/listed/").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    "suffix",
    [
        pytest.param("../secret.txt", id="dots without a slash"),
        pytest.param("..%2fsecret.txt", id="encoded slash without a slash"),
        pytest.param("/../secret.txt", id="dots"),
        pytest.param("/../../../secret.txt", id="more dots"),
        pytest.param("//../secret.txt", id="two slashes"),
        pytest.param("/..//secret.txt", id="two slashes after the dots"),
        pytest.param("/..%2fsecret.txt", id="encoded slash"),
        pytest.param("/%2e%2e/secret.txt", id="encoded dots"),
        pytest.param("/%2e%2e%2fsecret.txt", id="all encoded"),
        pytest.param("/%252e%252e/secret.txt", id="encoded twice"),
        pytest.param("/..%5csecret.txt", id="backslash"),
        pytest.param("/..\\secret.txt", id="plain backslash"),
        pytest.param("/..;/secret.txt", id="semicolon"),
        pytest.param("/%c0%ae%c0%ae/secret.txt", id="overlong dots"),
        pytest.param("/x/..;x/../../secret.txt", id="dots after a segment"),
        pytest.param("/index.html%00../secret.txt", id="null byte"),
        pytest.param("/./.env", id="hidden file after a dot"),
        pytest.param("//.env", id="hidden file after two slashes"),
        pytest.param("/%2eenv", id="hidden file, encoded"),
        pytest.param("/.hidden/x", id="file in a hidden directory"),
        pytest.param("/x/../.env", id="hidden file after dots"),
        pytest.param("-secret/x", id="directory with a longer name"),
        pytest.param("-secret.txt", id="file with a longer name"),
        pytest.param("/theirs", id="link to a file of another user"),
    ],
)
def test_no_way_out(ask, mount: str, suffix: str):
    answer = ask("GET", f"{mount.removesuffix('/')}{suffix}")
    assert answer.status in (200, 400, 404, 502)
    assert b"secret" not in answer.body
    if answer.status == 200:
        assert answer.body == b"the page"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("//shop//data.bin", "0123456789", id="two slashes"),
        pytest.param("/sho%70/data%2Ebin", "0123456789", id="encoded letters"),
        pytest.param("/listed/../shop/./data.bin", "0123456789", id="dots"),
        pytest.param("/app/../app/static//site.css", "a {}", id="dots to another mount"),
    ],
)
def test_other_spelling_of_a_path(ask, path: str, text: str):
    answer = ask("GET", path)
    assert (answer.status, answer.text[: len(text)]) == (200, text)
