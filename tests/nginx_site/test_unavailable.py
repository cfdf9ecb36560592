"""nginx has the page for an app that cannot start, for which the service of wsgi_app answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from patience import eventually
from starting import Release, answer_to, listening

HOST = "Host: example.org"
SITES: dict[str, dict] = {
    "default": {},
    "own": {"nginx_site_error_pages": {"src": "PAGES"}},
    "replaced": {"nginx_site_error_pages": {"src": "PAGES", "replace_app_errors": True}},
    "headers": {
        "nginx_site_response_headers": {"X-Team": "blue", "Cache-Control": "max-age=60"},
        "nginx_site_hsts": {"max_age": 600},
    },
    "maintenance": {"nginx_site_maintenance": {"allow": ["127.0.0.0/8"], "retry_after": 77}},
}
PAGE = {
    "own": "<p>Our page</p>",
    "replaced": "<p>Our page</p>",
    "maintenance": "Under maintenance",
}


@pytest.fixture(scope="module")
def slow_start(root, tmp_path_factory) -> Iterator[Path]:
    """Return the address of an app whose start takes too long."""
    release = Release(root, tmp_path_factory.mktemp("release"))
    address = release.top / "app.sock"
    with listening(address) as listener, release.answered(listener):
        with release.locked("starting"):
            assert eventually(lambda: answer_to(address, b"GET / HTTP/1.1\r\n\r\n"), 30)
            yield address


@pytest.fixture(scope="module")
def sites(serve_each, server, slow_start, tmp_path_factory):
    """Each of the sites, with that app, and one that answers."""
    top = tmp_path_factory.mktemp("pages")
    (top / "published").mkdir()
    (top / "published/50x.html").write_text("<p>Our page</p>")
    published = {
        "item": {"path": "/.errors", "immutable": []},
        "dest": f"{top}/published",
        "others": [],
    }
    modes = {}
    for name, settings in SITES.items():
        pages = settings.get("nginx_site_error_pages", {})
        given = {"nginx_site_error_pages": {**pages, "src": f"{top}/published"}} if pages else {}
        modes[name] = {**settings, **given}
    with serve_each(
        modes,
        nginx_site_https_redirect=False,
        nginx_site_mounts=[
            {"path": "/", "upstreams": [str(slow_start)], "body_size": "50m"},
            {"path": "/unbuffered", "upstreams": [str(slow_start)], "request_buffering": False},
            {"path": "/api", "upstreams": [f"{server.top}/api.sock"]},
        ],
        __nginx_site_published={"results": [published]},
        __nginx_site_publications_dir=str(top),
    ) as served:
        yield served


def check(answer, mode: str = "default") -> None:
    """Check that a client sees that the app is not available, and when to ask again."""
    assert (answer.status, answer.headers.get_all("Retry-After")) == (503, ["10"])
    assert PAGE.get(mode, "This page will be back in a moment.") in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers.get_all("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("mode", SITES)
@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "DELETE /x?y=1 HTTP/1.1", "GET /x/y HTTP/1.0"])
def test_page(sites, scheme: str, mode: str, line: str):
    check(sites[scheme][mode].ask(line, HOST), mode)


def test_head(sites):
    answer = sites["http"]["default"].ask("HEAD / HTTP/1.1", HOST)
    assert (answer.status, answer.headers["Retry-After"], answer.body) == (503, "10", b"")


def test_websocket(sites):
    upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    check(sites["https"]["default"].get("/socket", *upgrade))


@pytest.mark.parametrize("path", ["/", "/unbuffered/"])
@pytest.mark.parametrize("size", [3, 900_000])
def test_upload(sites, path: str, size: int):
    check(
        sites["http"]["default"].ask(
            f"POST {path} HTTP/1.1", HOST, f"Content-Length: {size}", body="x" * size
        )
    )


def test_upload_above_the_limit_of_the_site(sites):
    """The page belongs to the site, whose limit is 1 MB, and the body to the mount."""
    size = 20_000_000
    check(
        sites["http"]["default"].ask(
            "POST / HTTP/1.1", HOST, f"Content-Length: {size}", body="x" * size
        )
    )


@pytest.mark.parametrize("body", ["", "x" * 100_000])
def test_http2(sites, body: str):
    fields = {
        ":method": "POST" if body else "GET",
        ":scheme": "https",
        ":path": "/",
        ":authority": "example.org",
    }
    check(sites["https"]["default"].stream(list(fields.items()), body=body))


def test_headers_of_the_site(sites):
    headers = sites["https"]["headers"].get("/").headers
    assert headers.get_all("X-Team") == ["blue"]
    assert headers.get_all("Strict-Transport-Security") == ["max-age=600"]
    assert "X-Accel-Redirect" not in headers


def test_path_is_for_apps_only(sites):
    answer = sites["http"]["default"].get("/.errors/starting")
    assert (answer.status, answer.headers["Retry-After"]) == (404, None)


@pytest.mark.parametrize("query", ["", "?retry-after=7"])
def test_app_that_answers_503_itself(sites, query: str):
    answer = sites["http"]["default"].get(f"/api/failed{query}")
    assert (answer.status, answer.text) == (503, "The page of the app.")
    assert answer.headers.get_all("Retry-After") == (["7"] if query else None)


def test_many_clients_at_once(sites):
    server = sites["http"]["default"]
    request = b"GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(200)]
        began = time.monotonic()
        for client in clients:
            client.sendall(request)
        lines = {client.makefile("rb").readline() for client in clients}
    assert lines == {b"HTTP/1.1 503 Service Temporarily Unavailable\r\n"}
    assert time.monotonic() - began < 10
