"""WebSocket passes where it may, and no other protocol does."""

from __future__ import annotations

import pytest
import simple_websocket
from client import PORTS, ask

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def test_messages_pass_both_ways():
    websocket = simple_websocket.Client(f"ws://127.0.0.1:{PORTS[80]}/api/echo")
    websocket.send("hello")
    assert websocket.receive(timeout=10) == "hello"


@pytest.mark.parametrize(
    ("path", "protocol"),
    [
        pytest.param("/narrow/echo", "websocket", id="WebSocket where a mount refuses it"),
        pytest.param("/api/x", "h2c", id="HTTP/2 in clear text"),
    ],
)
def test_disallowed_upgrade_does_not_reach_the_app(path, protocol):
    answer = ask(path, headers={**HANDSHAKE, "Upgrade": protocol})
    assert answer.status == 200
    assert "HTTP_UPGRADE" not in answer.json["environ"]
