"""An app that an attacker controls: it runs the code it receives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable


def app(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Run the request's body, and answer with its ``answer`` or with why it failed."""
    names: dict = {}
    try:
        exec(environ["wsgi.input"].read().decode(), names)
        answer = {"answer": names.get("answer")}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
