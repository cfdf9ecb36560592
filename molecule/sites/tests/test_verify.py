"""Verify finds no fault at a right site, however often it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from client import PORTS
from controller import deploy, play

TIMES = 50
MOUNTS = [
    {"path": "/api", "app": "mirror", "body_size": "50m"},
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
    "nginx_site_server_names": ["localhost"],
    "nginx_site_listen": [8080],
    "nginx_site_verify_url": f"http://localhost:{PORTS[8080]}",
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
    run = play("verify.yml", **site, times=TIMES)
    tell(f"verify, {TIMES} times at {len(MOUNTS)} mounts: {time.monotonic() - began:.0f} s")
    assert run.succeeded, run.output
    assert [run.output.count(f"/  {verdict}") for verdict in "✓✗?"] == [TIMES * len(MOUNTS), 0, 0]
