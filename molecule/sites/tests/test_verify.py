"""Verify finds no fault at a right site with uploads, WebSocket and events, also under load."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from client import PORTS
from clients import sending, to_app
from controller import deploy, play

TIMES = 50
HOST = "verified.example"
SHARE = 0.2
"""Of the load of scenario release."""
MOUNTS = [
    {"path": "/api", "app": "mirror", "body_size": "50m", "websocket": True, "buffering": False},
    {
        "path": "/narrow",
        "app": "narrow",
        "strip": True,
        "body_size": "50m",
        "request_buffering": False,
    },
]
SITE = {
    "nginx_site_name": "verified",
    "nginx_site_server_names": [HOST],
    "nginx_site_verify_url": f"http://{HOST}",
    "nginx_site_verify_address": f"127.0.0.1:{PORTS[80]}",
    "nginx_site_mounts": MOUNTS,
}


@pytest.fixture
def site() -> Iterator[dict]:
    """A site that takes uploads, as its variables."""
    deploy("site.yml", **SITE)
    yield SITE
    deploy("site.yml", **SITE, nginx_site_state="absent")


def test_verify_is_right_each_time(site, tell):
    began = time.monotonic()
    with sending(to_app("/api/"), SHARE, HOST) as watch, watch.event("verify"):
        run = play("verify.yml", **site, times=TIMES)
    tell(f"verify, {TIMES} times at {len(MOUNTS)} mounts: {time.monotonic() - began:.0f} s")
    assert run.succeeded, run.output
    assert [run.output.count(f"/  {verdict}") for verdict in "✓✗?"] == [TIMES * len(MOUNTS), 0, 0]
