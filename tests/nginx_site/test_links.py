"""nginx serves no file by a link that an app could make, wherever on the path the link is."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from serving import Nginx, free_ports, running

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="links and targets need two owners")

APP = 65534
"""The user of an app. The links are its own, what they lead to is root's."""
DATA = "wsgi/shop"
"""The app's data, in a directory of root's."""
FILES = {
    "/page.css": f"{DATA}/public/page.css",
    "/below/page.css": f"{DATA}/public/below/page.css",
    "/favicon.ico": f"{DATA}/public/favicon.ico",
    "/robots.txt": f"{DATA}/public/robots.txt",
    "/fallback": f"{DATA}/public/index.html",
    "/docs/": f"{DATA}/docs/index.html",
    "/app/static/page.css": f"{DATA}/static/page.css",
    "/elsewhere/page.css": "uploads/files/page.css",
    "/app/uploads/page.css": "uploads/static/page.css",
    "/down/": "srv/main/unavailable.html",
    "/.well-known/acme-challenge/token": "srv/main/acme/.well-known/acme-challenge/token",
}
"""A path for each location that serves files, and the file."""
LINKS = [
    pytest.param(path, link, id=f"{path}, {link}")
    for path, file in FILES.items()
    for link in [file, *map(str, Path(file).parents)][:-2]
]
"""Each of them with each part of its file's path."""


@pytest.fixture(scope="module")
def top(nginx_site, tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("links")


@pytest.fixture(scope="module")
def get(top, nginx_site):
    """Serve the files, and return a function that asks for one of them."""
    nginx = Nginx(top)
    [port] = free_ports(1)
    down = [f"{top}/none.sock"]
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "main",
            "nginx_site_server_names": ["127.0.0.1"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_mounts": [
                {"path": "/", "root": f"{top}/{DATA}/public", "fallback": "/index.html"},
                {"path": "/docs", "root": f"{top}/{DATA}/docs"},
                {"path": "/elsewhere", "root": f"{top}/uploads/files"},
                {
                    "path": "/app",
                    "upstreams": down,
                    "static": [
                        {"path": "/static", "root": f"{top}/{DATA}/static"},
                        {"path": "/uploads", "root": f"{top}/uploads/static"},
                    ],
                },
                {"path": "/down", "upstreams": down},
            ],
            "__nginx_site_app_data_dir": f"{top}/wsgi",
            "__nginx_site_certificate": {"pair": {}, "challenges": f"{top}/srv/main/acme"},
            "__nginx_site_acme_directory": "an authority",
        },
    )
    for file in FILES.values():
        (top / file).parent.mkdir(parents=True, exist_ok=True)
        (top / file).write_text(file)

    def get(path: str) -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    with running(nginx):
        yield get


@contextmanager
def linked(path: Path, owner: int) -> Iterator[None]:
    """Have a link at ``path``, to what was there before."""
    moved = path.with_name(f"{path.name}.moved")
    path.rename(moved)
    path.symlink_to(moved)
    os.chown(path, owner, owner, follow_symlinks=False)
    try:
        yield
    finally:
        path.unlink()
        moved.rename(path)


@pytest.mark.parametrize("path", FILES)
def test_file_is_served(get, path: str):
    assert get(path)[1] == FILES[path]


@pytest.mark.parametrize(("path", "link"), LINKS)
def test_link_of_an_app_is_not_followed(get, top, path: str, link: str):
    with linked(top / link, APP):
        assert FILES[path] not in get(path)[1]


@pytest.mark.parametrize("link", ["uploads", "uploads/files", "uploads/files/page.css"])
def test_link_of_root_to_what_is_root_s_is_followed(get, top, link: str):
    with linked(top / link, 0):
        assert get("/elsewhere/page.css") == (200, FILES["/elsewhere/page.css"])


def test_link_of_root_to_what_is_an_app_s_is_not_followed(get, top):
    """Whether the app or root made it, nginx cannot tell."""
    os.chown(top / "uploads/files", APP, APP)
    try:
        with linked(top / "uploads/files", 0):
            assert get("/elsewhere/page.css")[0] == 404
    finally:
        os.chown(top / "uploads/files", 0, 0)


def swap(directory: Path, target: Path, mine: str) -> None:
    """As the app, put a link to ``target`` in the place of the file ``mine``, and back."""
    os.chdir(directory)
    os.setgid(APP)
    os.setuid(APP)
    while True:
        os.symlink(target, "link")
        os.rename("link", "swapped")
        os.rename(mine, "swapped")
        os.rename("swapped", mine)


@pytest.mark.parametrize(
    ("path", "directory", "owner"),
    [
        pytest.param("/docs/swapped", f"{DATA}/docs", 0, id="beside a file of root's"),
        pytest.param("/elsewhere/swapped", "uploads/files", APP, id="beside the app's files"),
    ],
)
def test_link_that_comes_and_goes_is_not_followed(get, top, path: str, directory: str, owner: int):
    """nginx opens a file and then asks whose it is; an app may be faster."""
    (top / "secret.txt").write_text("the secret")
    os.chown(top / directory, APP, APP)
    (top / directory / "mine.txt").touch()
    os.chown(top / directory / "mine.txt", owner, owner)
    app = multiprocessing.Process(
        target=swap, args=(top / directory, top / "secret.txt", "mine.txt")
    )
    app.start()
    try:
        ends = time.monotonic() + 3
        answers = []
        while time.monotonic() < ends:
            answers.append(get(path))
        assert app.is_alive()
    finally:
        app.kill()
        app.join()
        os.chown(top / directory, 0, 0)
    # Both were met, the file and the link; how nginx refuses depends on what it meets first.
    assert {200} < {status for status, _ in answers} <= {200, 403, 404}
    assert [body for _, body in answers if body == "the secret"] == []
