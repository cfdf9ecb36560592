"""Workers that gunicorn replaces lose no request."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import Nginx, echo, free_ports, running

CLIENTS = 8
REQUESTS = 1000


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="gthread"),
        pytest.param({"wsgi_app_worker_class": "gevent"}, id="gevent"),
        pytest.param({"wsgi_app_worker_class": "sync"}, id="sync"),
        pytest.param({"wsgi_app_preload": False}, id="gthread without preload"),
    ],
)
def test_no_request_is_lost(
    root: Path, wsgi_app, nginx_site, nginx: Nginx, server_at, settings: dict
):
    """nginx sends a POST only once, so a connection that gunicorn closes early would lose one."""
    [port] = free_ports(1)
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "site",
            "nginx_site_server_names": ["example.org"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_mounts": [{"path": "/", "upstreams": [f"{nginx.top}/shop.sock"]}],
        },
    )
    recycled = {"max_requests": 20, "max_requests_jitter": 10}
    app = echo(
        root,
        wsgi_app,
        nginx.top,
        wsgi_app_name="shop",
        wsgi_app_workers=2,
        wsgi_app_gunicorn=recycled,
        **settings,
    )
    server = server_at(port, nginx.top)

    def ask(_: int) -> int:
        lines = ("Host: example.org:8000", "Content-Length: 1")
        return server.ask("POST /late HTTP/1.1", *lines, body="x").status

    try:
        (nginx.top / "shop.sock").chmod(0o666)
        with running(nginx), ThreadPoolExecutor(CLIENTS) as pool:
            assert Counter(pool.map(ask, range(REQUESTS))) == {200: REQUESTS}
    finally:
        app.terminate()
        app.wait()
    assert "Autorestarting worker" in (nginx.top / "shop.log").read_text()
