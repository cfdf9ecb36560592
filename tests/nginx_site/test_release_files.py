"""Static files of an app's releases: those of the current, the previous and the next one."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from serving import Nginx, free_ports, running

APP = 65534
"""The user of an app."""
NO_CACHE = "no-cache"
YEAR = "public, max-age=31536000, immutable"
TEXT = "a line of text\n" * 200
PRECOMPRESSED = gzip.compress(b"compressed by a build")
FILES = {
    "new/static/site.css": "new",
    "new/static/new.css": "new",
    "new/static/long.js": TEXT,
    "new/static/built.js": TEXT,
    "new/static/.env": "hidden",
    "new/static/.well-known/contact.txt": "contact",
    "new/static/admin/base.css": "admin",
    "new/static/page/index.html": "page",
    "new/private.txt": "beside",
    "new/icons/icon.svg": "<svg/>",
    "old/static/site.css": "old",
    "old/static/old.css": "old",
    "oldest/static/oldest.css": "oldest",
    "coming/static/site.css": "coming",
    "coming/static/coming.css": "coming",
    "coming/static/old.css": "coming",
}
LINKS = {"current": "new", "previous": "old", "next": "coming"}


@pytest.fixture(scope="module")
def top(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("releases")


@pytest.fixture(scope="module")
def static(top) -> Path:
    """The static files of the app."""
    static = top / "wsgi/shop/static"
    for name, text in FILES.items():
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).write_text(text)
    (static / "new/static/built.js.gz").write_bytes(PRECOMPRESSED)
    for name, target in LINKS.items():
        (static / name).symlink_to(target)
    return static


@pytest.fixture(scope="module")
def get(top, static, nginx_site, server_at):
    """Serve the files of the app, which does not run, and return a function that requests one."""
    nginx = Nginx(top)
    [port] = free_ports(1)
    folders = [
        {"path": "/static", "app_directory": "static"},
        {"path": "/hashed", "app_directory": "static", "immutable": True},
        {"path": "/icons", "app_directory": "icons"},
    ]
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "main",
            "nginx_site_server_names": ["example.org"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_mounts": [
                {"path": "/", "app": "shop", "static": folders},
                {
                    "path": "/closed",
                    "app": "shop",
                    "static": folders,
                    "allow": ["192.0.2.1"],
                    "response_headers": {"X-Team": "blue"},
                    "cors": {"origins": ["*"]},
                },
                {"path": "/v1.0", "app": "shop", "static": folders, "cors": {"origins": ["*"]}},
            ],
            "__nginx_site_app_static_dir": f"{top}/wsgi/*/static",
            "__nginx_site_app_data_dir": f"{top}/wsgi",
        },
    )
    with running(nginx):
        yield server_at(port, top)


@pytest.mark.parametrize("path", ["/static", "/hashed", "/v1.0/static"])
@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        pytest.param("site.css", 200, "new", id="file of all releases"),
        pytest.param("new.css", 200, "new", id="file of the current release"),
        pytest.param("old.css", 200, "old", id="file of the previous release"),
        pytest.param("coming.css", 200, "coming", id="file of the next release"),
        pytest.param("oldest.css", 404, None, id="file of an earlier release"),
        pytest.param("none.css", 404, None, id="file of no release"),
        pytest.param("admin/base.css", 200, "admin", id="file in a directory"),
        pytest.param(".well-known/contact.txt", 200, "contact", id="well-known file"),
        pytest.param(".env", 404, None, id="hidden file"),
        pytest.param("", 404, None, id="the directory"),
        pytest.param("admin/", 404, None, id="a directory"),
        pytest.param("page/", 404, None, id="a directory with a page"),
        pytest.param("../private.txt", 502, None, id="path of the app"),
        pytest.param("%2e%2e/private.txt", 502, None, id="encoded path of the app"),
    ],
)
def test_file(get, path: str, name: str, status: int, text: str | None):
    """The app, which does not run, would answer with 502."""
    answer = get.get(f"{path}/{name}")
    assert (answer.status, answer.text if status == 200 else None) == (status, text)


def test_each_directory_has_its_path(get):
    assert get.get("/icons/icon.svg").text == "<svg/>"
    assert get.get("/static/icon.svg").status == 404


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        pytest.param("/static/site.css", NO_CACHE, id="file whose name stays"),
        pytest.param("/hashed/site.css", YEAR, id="file whose name changes"),
        pytest.param("/hashed/old.css", YEAR, id="of the previous release"),
        pytest.param("/hashed/none.css", None, id="missing file"),
    ],
)
def test_caching(get, path: str, caching: str | None):
    assert get.get(path).headers["Cache-Control"] == caching


@pytest.mark.parametrize("path", ["/static", "/hashed"])
def test_type_and_compression(get, path: str):
    accept = "Accept-Encoding: gzip"
    assert get.get(f"{path}/site.css").headers["Content-Type"] == "text/css; charset=utf-8"
    assert get.get(f"{path}/built.js", accept).body == PRECOMPRESSED
    assert gzip.decompress(get.get(f"{path}/long.js", accept).body).decode() == TEXT


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_other_method_is_rejected(get, method: str):
    line = f"{method} /static/site.css HTTP/1.1"
    assert get.ask(line, "Host: example.org", "Content-Length: 0").status == 405


def test_options_names_the_methods(get):
    answer = get.ask("OPTIONS /static/site.css HTTP/1.1", "Host: example.org")
    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("name", ["site.css", "none.css", ".env"])
def test_rules_of_the_mount_hold(get, name: str):
    answer = get.get(f"/closed/static/{name}")
    assert answer.status in (403, 404)
    assert "new" not in answer.text


def test_headers_of_the_mount_are_sent(get):
    assert get.get("/closed/static/site.css").headers["X-Team"] == "blue"


def test_scripts_of_other_origins(get):
    origin = "Origin: https://other.example"
    answer = get.get("/v1.0/static/site.css", origin)
    assert (answer.text, answer.headers["Access-Control-Allow-Origin"]) == ("new", "*")
    assert get.get("/static/site.css", origin).headers["Access-Control-Allow-Origin"] is None


def test_preflight_of_a_closed_mount_is_answered(get):
    asks = ("Origin: https://other.example", "Access-Control-Request-Method: GET")
    answer = get.ask("OPTIONS /closed/static/site.css HTTP/1.1", "Host: example.org", *asks)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


def test_switch_needs_no_reload(get, static):
    (static / "current").unlink()
    (static / "current").symlink_to("old")
    try:
        assert get.get("/static/site.css").text == "old"
        assert get.get("/static/new.css").status == 404
    finally:
        (static / "current").unlink()
        (static / "current").symlink_to("new")


@pytest.mark.parametrize("missing", ["previous", "next", "current"])
def test_link_may_be_missing_or_dangling(get, static, missing: str):
    target = os.readlink(static / missing)
    (static / missing).unlink()
    try:
        assert get.get("/static/site.css").status == 200
        (static / missing).symlink_to("0123456789ab")
        assert get.get("/static/site.css").status == 200
        (static / missing).unlink()
    finally:
        (static / missing).symlink_to(target)


def test_no_link_of_an_app_is_followed(get, static):
    """Root leaves links out of the copy; nginx follows none, either."""
    link = static / "new/static/link.css"
    link.symlink_to(static / "new/private.txt")
    os.chown(link, APP, APP, follow_symlinks=False)
    assert get.get("/static/link.css").status in (403, 404)
