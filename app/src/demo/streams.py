"""The streams: answers that must not be buffered on their way."""

import time
from collections.abc import Iterator

from flask import Blueprint
from flask import Response
from flask_sock import Sock
from simple_websocket import Server

EVENTS = 3
PAUSE = 0.2

bp = Blueprint("streams", __name__)
sock = Sock()


@bp.get("/events")
def events() -> Response:
    """Send a few server-sent events, with a pause before each.

    The pauses show whether a proxy buffers: then all events arrive at once.
    """

    def generate() -> Iterator[str]:
        for number in range(1, EVENTS + 1):
            # Without the pause, buffering would be invisible.
            time.sleep(PAUSE)
            yield f"data: {number}\n\n"

    return Response(
        generate(),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-cache"},
    )


@sock.route("/ws", bp=bp)
def ws(server: Server) -> None:
    """Echo every WebSocket message until the client leaves."""
    while True:
        server.send(server.receive())
