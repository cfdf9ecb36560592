"""What a request costs nginx grows with its length, and no faster, whatever a client sends."""

from __future__ import annotations

import ctypes
import itertools
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from origins import MODES
from patience import eventually
from serving import Nginx, free_ports, running

EVERYTHING = ["proto", "for", "host", "port", "prefix", "request_id"]
PROXIES = {"nginx_site_trusted_proxies": ["127.0.0.1"]}
SITES: dict[str, dict] = {
    **MODES,
    "redirect": {"tls": True},
    "redirect-behind": {
        **PROXIES,
        "nginx_site_trusted_headers": EVERYTHING,
        "nginx_site_https_redirect": True,
        "nginx_site_hsts": {"max_age": 60},
    },
    "ten-hops": {
        **PROXIES,
        "nginx_site_trusted_headers": EVERYTHING,
        "nginx_site_proxy_hops": 10,
        "nginx_site_limits": {"rate": "10000r/s", "burst": 10000, "connections": 100},
        "nginx_site_access_log": "json",
        "nginx_site_response_headers": {"X-Frame-Options": "DENY"},
    },
}
"""Every kind of site, each asked by a trusted proxy."""

HEADERS = [
    "Host",
    "Upgrade",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Request-ID",
]
"""Headers that a site reads."""
PIECES = [
    *[",", " ", ", ", "\t,", "a", "a,", "a.", "a-", ".", "1", "1,", "[:", ":", "a:1,", "/", "/a"],
    *["/a/", "/.", "/a,", "https", "https ", "wss,", "http,", "10.0.0.1,", "a, ", "example.org,"],
]
ENDINGS = ["", ":", "!"]
"""What makes an expression fail at the end of an input."""
PATHS = ["/api/", "/as-sent/", "/docs/", "/", "http://a/", "http://"]
PATH_PIECES = ["a", "/", "/a", "/.", "/.a", "./", "%2F", "%2E", "/%2e", "/..", "?", "a/", "+", ":"]

SHORT, LONG = 3900, 7800
"""Bytes of an input. nginx takes 8k in a line."""
FLOOR = 3_000_000
"""Nanoseconds that no short input needs. A quadratic one of 8k needs 30 times as many."""
WORST = 3
"""How many times as long twice as much may take: 2 is linear, 4 is quadratic."""


def inputs() -> Iterator[tuple[str, Callable[[int], bytes]]]:
    """Yield the name of each input, and a function that makes it as long as wanted."""
    for header, piece, ending in itertools.product(HEADERS, PIECES, ENDINGS):
        yield (
            f"{header}: {piece!r}*n {ending!r}",
            lambda size, header=header, piece=piece, ending=ending: request(
                "/api/x", header, filled(piece, size) + ending
            ),
        )
    for path, piece, ending in itertools.product(PATHS, PATH_PIECES, ENDINGS):
        yield (
            f"{path}{piece!r}*n{ending}",
            lambda size, path=path, piece=piece, ending=ending: request(
                path + filled(piece, size) + ending
            ),
        )


def filled(piece: str, size: int) -> str:
    """Return ``piece`` again and again, up to ``size``."""
    return piece * (size // len(piece))


def request(path: str, header: str = "", value: str = "") -> bytes:
    """Return a request with one header that has its fill."""
    host = "" if header == "Host" else "Host: example.org\r\n"
    return f"GET {path} HTTP/1.1\r\n{host}{header or 'X'}: {value}\r\n\r\n".encode()


class Worker:
    """The process of nginx that answers."""

    def __init__(self, master: int) -> None:
        """Find the worker of ``master``, and the clock of its processor time."""
        children = Path(f"/proc/{master}/task/{master}/children")
        assert eventually(children.read_text, 10)
        clock = ctypes.c_int()
        worker = int(children.read_text())
        assert ctypes.CDLL(None).clock_getcpuclockid(worker, ctypes.byref(clock)) == 0
        self.clock = clock.value

    def effort(self, port: int, text: bytes) -> int:
        """Return how many nanoseconds the worker needs for a request."""
        before = time.clock_gettime_ns(self.clock)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        return time.clock_gettime_ns(self.clock) - before

    def is_linear(self, port: int, make: Callable[[int], bytes], first: bytes) -> bool:
        """Return whether twice as long an input takes about twice the effort.

        :param first: what a connection begins with.
        """
        for _ in range(3):
            long = self.effort(port, first + make(LONG))
            if long < WORST * FLOOR or long < WORST * self.effort(port, first + make(SHORT)):
                return True
        return False


@pytest.fixture(scope="module")
def worker(nginx_site, certificate, tmp_path_factory) -> Iterator[tuple[Worker, dict[str, int]]]:
    """Serve each kind of site, and return the worker and the ports."""
    nginx = Nginx(tmp_path_factory.mktemp("effort"))
    ports = iter(free_ports(2 * len(SITES)))
    at = {}
    for name, settings in SITES.items():
        at[name] = next(ports)
        app = {"path": "/api", "upstreams": [f"{nginx.top}/none.sock"]}
        tls = {"nginx_site_tls": {**certificate, "listen": [f"127.0.0.1:{next(ports)}"]}}
        site = {
            "nginx_site_server_names": ["example.org", "*.example.net", "[::1]"],
            "nginx_site_mounts": [
                {"path": "/docs", "root": f"{nginx.top}"},
                app,
                {**app, "path": "/as-sent", "raw": True},
                {"path": "/old", "redirect": "/docs/"},
            ],
            **{name: value for name, value in settings.items() if name != "tls"},
            **(tls if "tls" in settings else {}),
            "nginx_site_name": name,
            "nginx_site_listen": [f"127.0.0.1:{at[name]}"],
            "nginx_site_default_server": True,
        }
        nginx.add(nginx_site, site)
    with running(nginx):
        yield Worker(int((nginx.top / "nginx.pid").read_text())), at


@pytest.mark.parametrize("site", SITES)
def test_effort_grows_no_faster_than_a_request(worker, site: str):
    process, ports = worker
    passed_on = SITES[site].get("nginx_site_proxy_protocol", False)
    first = b"PROXY TCP4 127.0.0.1 127.0.0.1 56324 80\r\n" if passed_on else b""
    costly = [name for name, make in inputs() if not process.is_linear(ports[site], make, first)]
    assert costly == []
