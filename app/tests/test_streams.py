import time
from http.client import HTTPConnection

import pytest
from flask.testing import FlaskClient
from simple_websocket import Client

from demo.streams import EVENTS
from demo.streams import PAUSE


def test_events(
    client: FlaskClient, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.streams.PAUSE", 0)
    response = client.get("/events", base_url=base_url)
    assert response.mimetype == "text/event-stream"
    assert response.text == "data: 1\n\ndata: 2\n\ndata: 3\n\n"


def test_events_arrive_in_pieces(address: str) -> None:
    connection = HTTPConnection(address)
    connection.request("GET", "/api/events")
    arrivals = []
    for line in connection.getresponse():
        if line.startswith(b"data:"):
            arrivals.append(time.monotonic())
    connection.close()
    assert len(arrivals) == EVENTS
    assert arrivals[-1] - arrivals[0] > PAUSE / 2


def test_ws_echoes(address: str) -> None:
    connection = Client(f"ws://{address}/api/ws")
    for message in ("hello", "again", b"\x00\xff"):
        connection.send(message)
        assert connection.receive(timeout=5) == message
    connection.close()


def test_ws_needs_an_upgrade(client: FlaskClient, base_url: str) -> None:
    assert client.get("/ws", base_url=base_url).status_code == 400
