"""How files are served: their types, their caching, and what answers if one is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from serving import Nginx, free_ports, running

PAGE = "<!doctype html><title>Shop</title>" + "x" * 2000
SCRIPT = "export const price = 1;" * 100
NO_CACHE = "no-cache"
YEAR = "public, max-age=31536000, immutable"
FILES = {
    "page/index.html": PAGE,
    "page/app.js": SCRIPT,
    "page/module.mjs": SCRIPT,
    "page/site.webmanifest": "{}",
    "page/style.css": "a {}" * 500,
    "page/notes.txt": "Grüße" * 300,
    "page/assets/index-1a2b3c4d.js": SCRIPT,
    "page/assets/.secret": "hidden",
    "page/logo.png": "x" * 3000,
    "page/logo.svg": "<svg/>",
    "page/app.js.map": '{"version": 3}' * 100,
    "page/text.woff2": "x",
    "page/text.otf": "x",
    "page/text.ttf": "x",
    "published/+shop@b/index.html": "new page",
    "published/+shop@b/assets/new.js": "new",
    "published/+shop@b/app.js": "new",
    "upload/report.html.gz": "not what report.html says",
    "published/+shop@b/assets/both.js": "new",
    "published/+shop@a/index.html": "old page",
    "published/+shop@a/assets/old.js": "old",
    "published/+shop@a/assets/both.js": "old",
    "published/+shop@a/readme.txt": "old",
    "published/+shop@c/index.html": "next page",
    "published/+shop@c/assets/next.js": "next",
    "published/+shop@c/readme.txt": "next",
    "static/site.css": "a {}",
}


@pytest.fixture(scope="module")
def site(nginx_site, server_at, tmp_path_factory):
    """A function that requests a path of a site with all kinds of files."""
    nginx = Nginx(tmp_path_factory.mktemp("files"))
    [port] = free_ports(1)
    top = nginx.top / "srv/main"
    for name, text in FILES.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (top / "published/+shop@newest").symlink_to("+shop@c")
    for path in [top, *top.parents]:
        if path.is_relative_to(nginx.top):
            path.chmod(0o755)
    published = {
        "item": {"path": "/shop", "immutable": ["/assets"]},
        "dest": f"{top}/published/+shop@b",
        "others": ["+shop@newest", "+shop@a", "+other@a"],
    }
    single_page = {"fallback": "/index.html", "immutable": ["/assets"]}
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "main",
            "nginx_site_server_names": ["example.org"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_mounts": [
                {"path": "/", "root": f"{top}/page", **single_page},
                {"path": "/shop", "src": str(Path(__file__).parent), **single_page},
                {"path": "/empty", "root": f"{top}/static", "fallback": "/index.html"},
                {"path": "/upload", "root": f"{top}/upload"},
                {
                    "path": "/app",
                    "app": "down",
                    "static": [
                        {"path": "/media", "root": f"{top}/upload"},
                        {"path": "/static", "root": f"{top}/static"},
                        {"path": "/hashed", "root": f"{top}/static", "immutable": True},
                    ],
                },
            ],
            "__nginx_site_published": {"results": [published]},
        },
    )
    with running(nginx):
        yield server_at(port, nginx.top).get


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/", "text/html; charset=utf-8", id="page"),
        pytest.param("/app.js", "application/javascript; charset=utf-8", id="script"),
        pytest.param("/module.mjs", "text/javascript; charset=utf-8", id="module"),
        pytest.param("/site.webmanifest", "application/manifest+json", id="manifest"),
        pytest.param("/style.css", "text/css; charset=utf-8", id="style"),
        pytest.param("/notes.txt", "text/plain; charset=utf-8", id="text"),
        pytest.param("/logo.png", "image/png", id="image"),
        pytest.param("/logo.svg", "image/svg+xml", id="vector image"),
        pytest.param("/app.js.map", "application/json", id="source map"),
        pytest.param("/text.woff2", "font/woff2", id="font WOFF2"),
        pytest.param("/text.otf", "font/otf", id="font OTF"),
        pytest.param("/text.ttf", "font/ttf", id="font TTF"),
    ],
)
def test_type(site, path: str, kind: str):
    assert site(path).headers["Content-Type"] == kind


@pytest.mark.parametrize(
    ("path", "status", "caching"),
    [
        pytest.param("/", 200, NO_CACHE, id="page"),
        pytest.param("/app.js", 200, NO_CACHE, id="file whose name stays"),
        pytest.param("/assets/index-1a2b3c4d.js", 200, YEAR, id="file of one content"),
        pytest.param("/orders/7", 200, NO_CACHE, id="route"),
        pytest.param("/users/j.doe", 200, NO_CACHE, id="route with a dot"),
        pytest.param("/prices.json", 404, None, id="missing data"),
        pytest.param("/index-0ld.js", 404, None, id="missing script"),
        pytest.param("/logo.PNG?v=2", 404, None, id="missing image"),
        pytest.param("/assets/index-0ld.js", 404, None, id="missing hashed script"),
        pytest.param("/assets/", 404, None, id="directory of hashed files"),
        pytest.param("/assets/.secret", 404, None, id="hidden file"),
        pytest.param("/shop/", 200, NO_CACHE, id="published page"),
        pytest.param("/shop/app.js", 200, NO_CACHE, id="published script"),
        pytest.param("/shop/orders/7", 200, NO_CACHE, id="route of a published page"),
        pytest.param("/shop/index.html", 200, NO_CACHE, id="fallback itself"),
        pytest.param("/empty/orders/7", 404, None, id="missing fallback"),
        pytest.param("/favicon.ico", 404, None, id="missing icon"),
        pytest.param("/upload/report.html", 404, None, id="compressed upload"),
        pytest.param("/app/media/report.html", 404, None, id="compressed upload of an app"),
        pytest.param("/shop/assets/new.js", 200, YEAR, id="published asset"),
        pytest.param("/shop/assets/old.js", 200, YEAR, id="asset of an earlier publication"),
        pytest.param("/shop/readme.txt", 404, None, id="other file of an earlier publication"),
        pytest.param("/shop/assets/next.js", 200, YEAR, id="asset of the next publication"),
        pytest.param("/shop/readme.txt", 404, None, id="other file of the next publication"),
        pytest.param("/shop/assets/none.js", 404, None, id="asset of no publication"),
        pytest.param("/shop/assets/../../+shop@a/readme.txt", 404, None, id="dots"),
        pytest.param("/app/static/site.css", 200, NO_CACHE, id="static file of an app"),
        pytest.param("/app/hashed/site.css", 200, YEAR, id="hashed static file of an app"),
        pytest.param("/app/x", 502, "no-store", id="app"),
        pytest.param("/shop", 308, None, id="redirect to the slash"),
    ],
)
def test_caching(site, path: str, status: int, caching: str | None):
    answer = site(path)
    assert (answer.status, answer.headers["Cache-Control"]) == (status, caching)


def test_current_publication_comes_first(site):
    assert [site(f"/shop/assets/{name}.js").text for name in ("both", "old")] == ["new", "old"]
    assert site("/shop/").text == "new page"


def test_file_is_validated(site):
    first = site("/app.js")
    same = site("/app.js", f"If-None-Match: {first.headers['ETag']}")
    assert (same.status, same.body, same.headers["Cache-Control"]) == (304, b"", NO_CACHE)


def test_part_of_a_file(site):
    answer = site("/logo.png", "Range: bytes=10-19")
    assert (answer.status, answer.headers["Content-Range"]) == (206, "bytes 10-19/3000")
