"""A shop that answers with its URL and its environment variables."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from counter import GREETING


def app(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Answer with the values that the image and the role set."""
    received = {
        "version": Path("version").read_text().strip(),
        "greeting": GREETING,
        "directory": os.getcwd(),
        "python": sys.prefix,
        "prefix": environ["SCRIPT_NAME"],
        "colour": os.environ.get("COLOUR"),
        "token": os.environ.get("TOKEN"),
        "writable": [path for path in (".", "volume", "media", Path.home()) if can_write(path)],
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(received, default=str).encode()]


def can_write(directory: str | Path) -> bool:
    """Try it."""
    try:
        Path(directory, "note").write_text("")
    except OSError:
        return False
    return True
