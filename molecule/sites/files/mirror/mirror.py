"""Answer with the request as the app receives it."""

import itertools
import time
from collections.abc import Iterator

from flask import Flask, Response, request
from flask_sock import Sock

METHODS = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]

app = Flask(__name__)
sock = Sock(app)


@app.route("/", defaults={"path": ""}, methods=METHODS)
@app.route("/<path:path>", methods=METHODS)
def mirror(path: str) -> dict:
    environ = {name: value for name, value in request.environ.items() if isinstance(value, str)}
    return {"environ": environ, "body": request.get_data(as_text=True)}


@app.get("/busy")
def busy() -> tuple[str, int]:
    return "The app itself says that it is busy.", 503


@app.get("/slow")
def slow() -> str:
    """Be silent, by default for longer than the shorter of the mounts' read timeouts allows."""
    # This is the work of a slow app: without it, no read timeout could pass, and no reload could
    # cut off a request.
    time.sleep(request.args.get("seconds", 2, float))
    return "At last."


@app.get("/events")
def events() -> Response:
    """Send server-sent events until the client leaves."""

    def generate() -> Iterator[str]:
        for number in itertools.count():
            yield f"data: {number}\n\n"
            # Without the pause the stream would be one download, and not stay open between events.
            time.sleep(0.1)

    return Response(generate(), mimetype="text/event-stream")


@sock.route("/echo")
def echo(websocket) -> None:
    """Echo each message until the client leaves."""
    while True:
        websocket.send(websocket.receive())
