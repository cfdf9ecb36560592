"""The mirror: the request as the application receives it."""

from typing import Any

from flask import Blueprint
from flask import Response
from flask import jsonify
from flask import make_response
from flask import render_template
from flask import request
from flask import url_for

FORWARDING_HEADERS = (
    "Host",
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Real-IP",
)

bp = Blueprint("mirror", __name__)


@bp.get("/whoami")
def whoami() -> Response:
    """Describe the application's address, as a page if a browser asks."""
    address = describe_address()
    wanted = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if wanted == "text/html":
        response = make_response(render_template("whoami.html", address=address))
    else:
        response = jsonify(address)
    response.vary.add("Accept")
    return response


@bp.get("/echo/<path:rest>")
def echo(rest: str) -> dict[str, str]:
    """Return the path that reached the application."""
    return {
        "rest": rest,
        "full_path": request.root_path + request.path,
        "query": request.query_string.decode(),
    }


def describe_address() -> dict[str, Any]:
    """Collect what the WSGI environment says about the current request."""
    return {
        "external_url": url_for("redirects.index", _external=True),
        "scheme": request.scheme,
        "host": request.host,
        "root_path": request.root_path,
        "remote_addr": request.remote_addr,
        "headers": {
            name: request.headers[name]
            for name in FORWARDING_HEADERS
            if name in request.headers
        },
    }
