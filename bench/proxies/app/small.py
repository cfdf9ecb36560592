"""The app of the comparison: it answers with the forwarded headers, in a body of one size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

SIZE = 1000


def app(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Answer with the forwarded headers, and blanks after them."""
    forwarded = {
        name.removeprefix("HTTP_X_FORWARDED_"): value
        for name, value in environ.items()
        if name.startswith("HTTP_X_FORWARDED_")
    }
    body = json.dumps(forwarded).ljust(SIZE).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
