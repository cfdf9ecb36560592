"""An upload gets the status of the app, also if the app does not read it or does not run."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingUnixStreamServer

import pytest

LIMIT = 1 << 20
"""nginx's own limit of a body (client_max_body_size)."""

SIZES = {"3 bytes": 3, "nginx's limit": LIMIT, "2 MB": 2_000_000, "50 MB": 50_000_000}
BODY = memoryview(bytes(max(SIZES.values())))

ROUNDS = 50
"""Whether nginx can write the whole body before the app closes is a race."""
AT_ONCE = 3
"""Requests at the same time: one is received while another is passed on."""

WAITING = 5
"""Requests of each size to a silent app. They take the whole read timeout, so all go at once."""

ANSWERS = {
    "early": ("/api/early", 403),
    "late": ("/api/late", 200),
    "down": ("/down/x", 502),
    "closed": ("/closed/x", 502),
    "too large": ("/small/x", 413),
}
SILENT = {"reads": "/mute/x", "does not read": "/stuck/x"}


class Closed(BaseRequestHandler):
    """Closes the connection and reads nothing."""


class Mute(BaseRequestHandler):
    """Reads until nginx closes the connection."""

    def handle(self) -> None:
        while self.request.recv(LIMIT):
            pass


class App(ThreadingUnixStreamServer):
    """An app that takes all connections at once."""

    request_queue_size = WAITING * len(SIZES)


@contextmanager
def listening(path: Path, handler: type[BaseRequestHandler]) -> Iterator[None]:
    """Serve a socket with ``handler`` for each connection."""
    with App(str(path), handler) as app:
        path.chmod(0o666)
        thread = threading.Thread(target=app.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            app.shutdown()
            thread.join()


@contextmanager
def stuck(path: Path) -> Iterator[None]:
    """Listen, but accept no connection, as an app does whose workers are all busy."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1000)
        path.chmod(0o666)
        yield


@pytest.fixture(scope="module")
def uploads(serve_each, server, tmp_path_factory):
    """The site with mounts that take large bodies, and one that does not."""
    top = tmp_path_factory.mktemp("apps")

    def site(**more: bool) -> dict:
        mounts = [
            {"path": "/api", "upstreams": [f"{server.top}/api.sock"]},
            {"path": "/small", "upstreams": [f"{server.top}/api.sock"], "body_size": "2"},
            {"path": "/down", "upstreams": [f"{top}/down.sock"]},
            {"path": "/closed", "upstreams": [f"{top}/closed.sock"]},
            {"path": "/mute", "upstreams": [f"{top}/mute.sock"], "read_timeout": 1},
            {"path": "/stuck", "upstreams": [f"{top}/stuck.sock"], "read_timeout": 1},
        ]
        return {"nginx_site_mounts": [{"body_size": "50m", **mount, **more} for mount in mounts]}

    sites = {"buffered": site(), "unbuffered": site(request_buffering=False)}
    with (
        listening(top / "closed.sock", Closed),
        listening(top / "mute.sock", Mute),
        stuck(top / "stuck.sock"),
        serve_each(sites, nginx_site_https_redirect=False) as served,
    ):
        yield served


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def upload(request, uploads):
    """A function that uploads bodies of these sizes, and counts the statuses."""

    def by_http_1(site: str, path: str, body: memoryview) -> int:
        lines = [f"POST {path} HTTP/1.1", "Host: example.org", f"Content-Length: {len(body)}"]
        return uploads["http"][site].ask(*lines, body=body).status

    def by_http_2(site: str, path: str, body: memoryview) -> int:
        fields = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "example.org"),
            (":path", path),
            ("content-length", str(len(body))),
        ]
        return uploads["https"][site].stream(fields, body=body).status

    send = {"HTTP/1.1": by_http_1, "HTTP/2": by_http_2}[request.param]

    def upload(site: str, path: str, sizes: list[int], at_once: int) -> Counter[int]:
        with ThreadPoolExecutor(at_once) as pool:
            sent = [pool.submit(send, site, path, BODY[:size]) for size in sizes]
        return Counter(answer.result() for answer in sent)

    return upload


@pytest.mark.parametrize("site", ["buffered", "unbuffered"])
class TestStatus:
    @pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
    @pytest.mark.parametrize(("path", "status"), ANSWERS.values(), ids=list(ANSWERS))
    def test_is_of_the_app(self, upload, site: str, path: str, status: int, size: int):
        assert upload(site, path, [size] * ROUNDS, AT_ONCE) == {status: ROUNDS}

    @pytest.mark.parametrize("path", SILENT.values(), ids=list(SILENT))
    def test_of_a_silent_app(self, upload, site: str, path: str):
        sizes = [*SIZES.values()] * WAITING
        assert upload(site, path, sizes, at_once=len(sizes)) == {504: len(sizes)}
