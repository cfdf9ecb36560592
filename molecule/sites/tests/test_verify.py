"""Verify finds no fault at a right site with uploads, WebSocket and events, under load."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

import pytest
from client import PORTS, connect
from clients import sending, to_app
from controller import deploy, play
from load import WEBSOCKET, Flow

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


@contextmanager
def event_streams(count: int) -> Iterator[list[int]]:
    """Keep streams of server-sent events open. After it, its value has their events' numbers."""
    has_ended = Event()
    received: list[int] = []

    def receive() -> int:
        connection = connect(80)
        connection.request("GET", "/api/events", headers={"Host": HOST})
        number = 0
        with closing(connection), connection.getresponse() as answer:
            while not has_ended.is_set():
                assert answer.readline() == f"data: {number}\n".encode()
                assert answer.readline() == b"\n"
                number += 1
        return number

    with ThreadPoolExecutor(count) as threads:
        streams = [threads.submit(receive) for _ in range(count)]
        try:
            yield received
        finally:
            has_ended.set()
        received += [stream.result() for stream in streams]


def test_verify_is_right_each_time(site, tell):
    flows = [*to_app("/api/"), Flow("websocket", WEBSOCKET, "/api/echo", 10 / SHARE)]
    began = time.monotonic()
    with event_streams(2) as received, sending(flows, SHARE, HOST) as watch, watch.event("verify"):
        run = play("verify.yml", **site, times=TIMES)
    tell(f"verify, {TIMES} times at {len(MOUNTS)} mounts: {time.monotonic() - began:.0f} s")
    tell(f"meanwhile {len(watch.requests)} requests, and {received} events by two streams")
    assert watch.failures == {}
    assert all(received)
    assert run.succeeded, run.output
    assert [run.output.count(f"/  {verdict}") for verdict in "✓✗?"] == [TIMES * len(MOUNTS), 0, 0]
