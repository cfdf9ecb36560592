"""The app of the tests: it answers with its version and its settings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

VERSION = Path(__file__).with_name("version").read_text().strip()
CRASH = Path.home() / "crash"
WORK = {"/slow": 0.5}
"""Seconds that an answer keeps a thread: a deploy has to let such requests end."""
IMPORT = 1
"""Seconds that the import takes, as in real apps: no client may wait for it."""

if CRASH.exists() and CRASH.read_text().strip() == VERSION:
    raise SystemExit("What I need is not there.")

# This stands for the imports of a real app. If loading took no time, a deploy that does not wait
# for it would lose no request, and its test could not fail.
time.sleep(IMPORT)


def app(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Answer with the version, the settings, and the length of the body."""
    length = len(environ["wsgi.input"].read())
    # This stands for the work of a slow request: a deploy that cuts it off fails the test.
    time.sleep(WORK.get(environ["PATH_INFO"], 0))
    settings = [os.environ.get(name, "") for name in ("COLOUR", "TOKEN")]
    body = ",".join([VERSION, *settings, str(length)]).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
