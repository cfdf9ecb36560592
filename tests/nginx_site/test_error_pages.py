"""Pages for the errors that nginx makes, and for those of apps if wanted."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

HOST = "Host: example.org"
PAGES = ["404.html", "4xx.html", "413.html", "431.html", "50x.html", "504.html", "maintenance.html"]
GIVEN = {"nginx_site_error_pages": {"src": "PAGES"}}
SITES: dict[str, dict] = {
    "none": {},
    "own": {**GIVEN, "nginx_site_aliases": ["www.example.org"]},
    "replaced": {
        "nginx_site_error_pages": {"src": "PAGES", "replace_app_errors": True},
        "nginx_site_response_headers": {"Content-Language": "en"},
    },
    "limited": {**GIVEN, "nginx_site_limits": {"rate": "1r/m", "burst": 0}},
    "maintenance": {**GIVEN, "nginx_site_maintenance": True},
    "headers": {
        **GIVEN,
        "nginx_site_hsts": {"max_age": 600},
        "nginx_site_response_headers": {"X-Team": "blue", "Cache-Control": "max-age=60"},
    },
}


def fill(directory: Path, names: list[str]) -> str:
    """Write a page for each name, and return the directory."""
    directory.mkdir()
    for name in names:
        (directory / name).write_text(f"<p>Our {name}, größer</p>" + " " * 2000)
    return str(directory)


@pytest.fixture(scope="module")
def sites(serve_each, server, tmp_path_factory):
    """Each of the sites, with apps that fail and with files."""
    top = tmp_path_factory.mktemp("pages")
    fill(top / "published", PAGES)
    page = top / "page"
    page.mkdir()
    (page / "index.html").write_text("the page")
    (page / "favicon.ico").symlink_to(server.top / "secret.txt")
    os.chown(page / "favicon.ico", 65534, 65534, follow_symlinks=False)
    mounts = [
        {"path": "/", "root": str(page)},
        {"path": "/api", "upstreams": [f"{server.top}/api.sock"], "body_size": "1k"},
        {"path": "/down", "upstreams": [f"{server.top}/down.sock"], "body_size": "50m"},
        {"path": "/stuck", "upstreams": [f"{top}/stuck.sock"], "read_timeout": 1},
    ]
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
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.bind(f"{top}/stuck.sock")
        stuck.listen()
        with serve_each(
            modes,
            nginx_site_https_redirect=False,
            nginx_site_mounts=mounts,
            __nginx_site_published={"results": [published]},
            __nginx_site_publications_dir=str(top),
        ) as served:
            yield served


def page_of(answer) -> str:
    """Return which page a response has: its name, the role's, or nginx's."""
    text = answer.text
    if text.startswith("<p>Our "):
        return text.removeprefix("<p>Our ").split(",")[0]
    return "role" if "This page will be back in a moment." in text else "nginx"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("line", "headers", "status", "page"),
    [
        pytest.param("GET /none HTTP/1.1", [HOST], 404, "404.html", id="missing file"),
        pytest.param("POST /none HTTP/1.1", [HOST], 404, "404.html", id="POST to a missing file"),
        pytest.param("GET /.env HTTP/1.1", [HOST], 404, "404.html", id="hidden file"),
        pytest.param("GET /.errors/404.html HTTP/1.1", [HOST], 404, "404.html", id="page itself"),
        pytest.param("GET /.errors/50x.html HTTP/1.1", [HOST], 404, "404.html", id="other page"),
        pytest.param("GET /.errors/missing HTTP/1.1", [HOST], 404, "404.html", id="other path"),
        pytest.param("GET /.errors/ HTTP/1.1", [HOST], 404, "404.html", id="directory of pages"),
        pytest.param("GET /favicon.ico HTTP/1.1", [HOST], 403, "4xx.html", id="forbidden file"),
        pytest.param("PUT / HTTP/1.1", [HOST, "Content-Length: 0"], 405, "4xx.html", id="method"),
        pytest.param("TRACE / HTTP/1.1", [HOST], 405, "4xx.html", id="TRACE"),
        pytest.param(
            "POST /api/x HTTP/1.1", [HOST, "Content-Length: 2000"], 413, "413.html", id="large body"
        ),
        pytest.param(f"GET /{'x' * 9000} HTTP/1.1", [HOST], 414, "4xx.html", id="long URL"),
        pytest.param(
            "GET / HTTP/1.1", [HOST, f"X: {'x' * 9000}"], 431, "431.html", id="long header"
        ),
        pytest.param("GET /down/x HTTP/1.1", [HOST], 502, "50x.html", id="app that is down"),
        pytest.param(
            "DELETE /down/x HTTP/1.1", [HOST], 502, "50x.html", id="DELETE to an app that is down"
        ),
        pytest.param("GET /stuck/x HTTP/1.1", [HOST], 504, "504.html", id="app that is slow"),
        pytest.param("GET / HTTP/1.1", ["Host: evil.example"], 421, "nginx", id="unknown name"),
        pytest.param("GET / HTTP/1.1", ["Host: a b"], 400, "nginx", id="malformed name"),
        pytest.param(
            f"GET /{'x' * 9000} HTTP/1.1", ["Host: www.example.org"], 414, "4xx.html", id="alias"
        ),
    ],
)
def test_error_of_nginx(sites, scheme: str, line, headers, status: int, page: str):
    answer = sites[scheme]["own"].ask(line, *headers)
    assert (answer.status, page_of(answer), answer.location) == (status, page, None)
    if page != "nginx":
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers.get_all("Cache-Control") == ["no-store"]


@pytest.mark.parametrize(
    ("path", "status", "page"),
    [
        pytest.param("/none", 404, "nginx", id="missing"),
        pytest.param("/down/x", 502, "role", id="app that is down"),
        pytest.param("/stuck/x", 504, "role", id="app that is slow"),
    ],
)
def test_page_of_the_role(sites, path: str, status: int, page: str):
    answer = sites["http"]["none"].get(path)
    assert (answer.status, page_of(answer)) == (status, page)


def test_role_has_a_page_where_the_directory_has_none(nginx_site, tmp_path):
    src = fill(tmp_path / "pages", ["404.html", "502.html"])
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_error_pages": {"src": src},
    }
    assert nginx_site.value("__nginx_site_error_pages", site) == {
        "404": "/.errors/404.html",
        "502": "/.errors/502.html",
        "503": "/.errors/unavailable.html",
        "504": "/.errors/unavailable.html",
    }


def test_compose_has_the_same_configuration(nginx_site, tmp_path):
    published = {
        "item": {"path": "/.errors", "immutable": []},
        "dest": "/srv/nginx/main/published/+.errors@a1",
        "others": [],
    }
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_maintenance": True,
        "nginx_site_error_pages": {"src": fill(tmp_path / "pages", PAGES)},
        "__nginx_site_shared_contents": {},
        "__nginx_site_published": {"results": [published]},
        "compose_directory": "/home/me/shop",
    }
    host = nginx_site.texts("__nginx_site_files", site)
    published["dest"] = f"/home/me/shop/files{published['dest']}"
    assert nginx_site.texts("__nginx_site_compose_files", site) == host
    assert "/srv/nginx/main/published/+.errors@a1/" in host["main.conf"]


def test_head_has_no_body(sites):
    answer = sites["http"]["own"].ask("HEAD /none HTTP/1.1", HOST)
    assert (answer.status, answer.body) == (404, b"")
    assert int(answer.headers["Content-Length"]) > 2000


def test_page_is_never_validated(sites):
    """A client that has the page must not get 304 for an error."""
    server = sites["http"]["own"]
    tag = server.get("/none").headers["ETag"]
    statuses = [
        server.get("/none", field).status
        for field in ("If-Modified-Since: Sun, 29 Nov 2099 00:00:00 GMT", f"If-None-Match: {tag}")
    ]
    assert statuses == [404, 404]
    assert server.get("/none", "Range: bytes=0-3").status == 404


@pytest.mark.parametrize("size", [3, 20_000_000], ids=["small", "large"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_upload_to_an_app_that_is_down(sites, scheme: str, size: int):
    answer = sites[scheme]["own"].ask(
        "POST /down/x HTTP/1.1", HOST, f"Content-Length: {size}", body="x" * size
    )
    assert (answer.status, page_of(answer)) == (502, "50x.html")


def test_too_many_requests(sites):
    server = sites["http"]["limited"]
    pages = {(answer.status, page_of(answer)) for answer in (server.get("/") for _ in range(3))}
    assert pages == {(200, "nginx"), (429, "4xx.html")}


def test_maintenance_has_its_page(sites):
    answer = sites["http"]["maintenance"].ask("POST / HTTP/1.1", HOST, "Content-Length: 0")
    assert (answer.status, page_of(answer)) == (503, "maintenance.html")
    assert answer.headers["Retry-After"] == "600"


@pytest.mark.parametrize(
    ("names", "page"),
    [
        pytest.param(["maintenance.html", "503.html"], "maintenance.html", id="maintenance"),
        pytest.param(["503.html", "5xx.html"], "503.html", id="503"),
        pytest.param(["5xx.html"], "maintenance.html", id="the role's"),
    ],
)
def test_page_of_maintenance(nginx_site, tmp_path, names: list[str], page: str):
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_maintenance": True,
        "nginx_site_error_pages": {"src": fill(tmp_path / "pages", names)},
    }
    assert nginx_site.value("__nginx_site_error_pages", site)["503"] == f"/.errors/{page}"
    is_default = "maintenance.html" not in names and "503.html" not in names
    defaults = nginx_site.value("__nginx_site_default_error_pages", site)
    assert ("/.errors/maintenance.html" in defaults) is is_default


class TestErrorOfApp:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_passes(self, sites, method: str):
        answer = sites["http"]["own"].ask(
            f"{method} /api/failed HTTP/1.1", HOST, "Content-Length: 0"
        )
        assert (answer.status, answer.body) == (503, b"The page of the app.")
        assert answer.headers["Cache-Control"] is None

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize(
        ("path", "status", "page"),
        [("/api/early", 403, "4xx.html"), ("/api/failed", 503, "50x.html")],
    )
    def test_is_replaced(self, sites, method: str, path: str, status: int, page: str):
        answer = sites["http"]["replaced"].ask(
            f"{method} {path} HTTP/1.1", HOST, "Content-Length: 0"
        )
        assert (answer.status, page_of(answer)) == (status, page)

    @pytest.mark.parametrize("status", [204, 405])
    def test_names_the_methods_of_the_app(self, sites, status: int):
        answer = sites["http"]["own"].get(f"/api/bare?x-status={status}&allow=POST")
        assert (answer.status, answer.headers.get_all("Allow")) == (status, ["POST"])

    def test_has_the_headers_of_the_site_when_replaced(self, sites):
        server = sites["http"]["replaced"]
        headers = server.get("/api/failed?content-language=de&cache-control=max-age%3D9").headers
        names = ("Content-Language", "Cache-Control")
        assert [headers.get_all(name) for name in names] == [["en"], ["no-store"]]


@pytest.mark.parametrize("path", ["/none", "/down/x"])
def test_headers_of_the_site(sites, path: str):
    headers = sites["https"]["headers"].get(path).headers
    names = ("X-Team", "Cache-Control", "Strict-Transport-Security", "Retry-After")
    assert [headers.get_all(name) for name in names] == [
        ["blue"],
        ["no-store"],
        ["max-age=600"],
        None,
    ]


def test_page_is_compressed(sites):
    answer = sites["http"]["own"].get("/none", "Accept-Encoding: gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
