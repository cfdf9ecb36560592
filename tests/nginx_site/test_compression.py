"""Which responses are compressed."""

from __future__ import annotations

import gzip

import pytest
from serving import Nginx, free_ports, running

ACCEPT = "Accept-Encoding: gzip, deflate, br, zstd"
TEXT = "a line of text\n" * 200
FILES = {
    "index.html": TEXT,
    "app.js": TEXT,
    "module.mjs": TEXT,
    "data.json": TEXT,
    "drawing.svg": TEXT,
    "small.txt": "text",
    "photo.jpg": TEXT,
    "assets/site.css": TEXT,
    "upload.css": TEXT,
}
PRECOMPRESSED = gzip.compress(b"compressed by a bundler")


@pytest.fixture(scope="module")
def site(nginx_site, server_at, server, tmp_path_factory):
    """A function that requests a path of a site with files and an app."""
    nginx = Nginx(tmp_path_factory.mktemp("compression"))
    [port] = free_ports(1)
    (nginx.top / "page/assets").mkdir(parents=True)
    for name, text in FILES.items():
        (nginx.top / "page" / name).write_text(text)
    for name in ("assets/site.css", "upload.css"):
        (nginx.top / f"page/{name}.gz").write_bytes(PRECOMPRESSED)
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "main",
            "nginx_site_server_names": ["example.org"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_mounts": [
                {"path": "/", "root": f"{nginx.top}/page", "immutable": ["/assets"]},
                {"path": "/api", "upstreams": [f"{server.top}/api.sock"]},
                {
                    "path": "/strip",
                    "upstreams": [f"{server.top}/strip.sock"],
                    "strip": True,
                    "compression": False,
                },
            ],
        },
    )
    with running(nginx):
        yield server_at(port, nginx.top).get


@pytest.mark.parametrize(
    ("path", "encoding"),
    [
        pytest.param("/", "gzip", id="page"),
        pytest.param("/app.js", "gzip", id="script"),
        pytest.param("/module.mjs", "gzip", id="module"),
        pytest.param("/data.json", "gzip", id="JSON"),
        pytest.param("/drawing.svg", "gzip", id="drawing"),
        pytest.param("/small.txt", None, id="small file"),
        pytest.param("/photo.jpg", None, id="compressed format"),
        pytest.param("/api/x?" + "x" * 1000, "gzip", id="response of an app"),
        pytest.param("/strip/x?" + "x" * 1000, None, id="mount without compression"),
    ],
)
def test_encoding(site, path: str, encoding: str | None):
    answer = site(path, ACCEPT)
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, encoding)
    if encoding:
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(answer.body)


def test_client_that_accepts_no_encoding_gets_none(site):
    answer = site("/app.js")
    assert (answer.headers["Content-Encoding"], answer.text) == (None, TEXT)
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("header", ["Via: 1.1 cdn", "X-Forwarded-For: 192.0.2.7"])
def test_client_behind_a_proxy_gets_it_compressed(site, header: str):
    assert site("/app.js", ACCEPT, header).headers["Content-Encoding"] == "gzip"


def test_compressed_file_beside_it_is_sent(site):
    answer = site("/assets/site.css", ACCEPT)
    assert (answer.headers["Content-Type"], answer.body) == (
        "text/css; charset=utf-8",
        PRECOMPRESSED,
    )


def test_uploaded_file_is_not_sent_for_another_one(site):
    assert gzip.decompress(site("/upload.css", ACCEPT).body).decode() == TEXT


@pytest.mark.parametrize("encoding", ["brotli", "zstd"])
@pytest.mark.parametrize("static", [True, False])
def test_loaded_modules_are_used(nginx_site, encoding: str, static: bool):
    info = nginx_site.results["__nginx_site_nginx_info"]
    loaded = [f"http_{encoding}_filter", *[f"http_{encoding}_static"] * static]
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_mounts": [{"path": "/", "root": "/srv/www", "immutable": ["/assets"]}],
        "__nginx_site_nginx_info": {**info, "modules": [*info["modules"], *loaded]},
    }
    text = nginx_site.texts("__nginx_site_files", site)["main.conf"]
    assert (f"{encoding} on;" in text, f"{encoding}_static on;" in text) == (True, static)
