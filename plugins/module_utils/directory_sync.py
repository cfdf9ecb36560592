"""Turn an entry of file_set that copies a directory into one entry for each file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator


def expand_copies(entries: list[dict]) -> Iterator[dict]:
    """Yield ``entries``, with an entry for each file in place of one with ``copy_of``."""
    for entry in entries:
        if not entry["copy_of"]:
            yield entry
            continue
        wanted = list_files(entry["copy_of"])
        for path in sorted(list_files(entry["instead_of"]) - wanted):
            yield entry | {"dest": os.path.join(entry["dest"], path), "absent": True}
        for path in sorted(wanted):
            with open(os.path.join(entry["copy_of"], path), encoding="utf-8") as file:
                mode = f"{stat.S_IMODE(os.fstat(file.fileno()).st_mode):04o}"
                dest = os.path.join(entry["dest"], path)
                yield entry | {"dest": dest, "mode": mode, "content": file.read()}


def list_files(directory: str | None) -> set[str]:
    """Return the relative paths of all files below ``directory``, which may be missing."""
    return {
        os.path.relpath(os.path.join(top, name), directory)
        for top, _directories, names in os.walk(directory or "")
        for name in names
    }
