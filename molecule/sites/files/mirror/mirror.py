"""Answer with the request as the app receives it."""

import time

from flask import Flask, request
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


@sock.route("/echo")
def echo(websocket) -> None:
    websocket.send(websocket.receive())
