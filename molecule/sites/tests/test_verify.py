"""Verify finds no fault at a right site, however often it runs."""

from __future__ import annotations

import pytest
from client import PORTS
from controller import Run, deploy

TIMES = 20
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
def verified() -> Run:
    """One run that verifies the site, with uploads, several times."""
    deploy("site.yml", **SITE)
    yield deploy("verify.yml", **SITE, times=TIMES)
    deploy("site.yml", **SITE, nginx_site_state="absent")


def test_verify_is_right_each_time(verified):
    verdicts = [verified.output.count(f"/  {verdict}") for verdict in "✓✗?"]
    assert verdicts == [TIMES * len(MOUNTS), 0, 0]
