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
        secret = secret_names(entry["copy_of"]) | secret_names(entry["instead_of"])
        for path in sorted(list_files(entry["instead_of"]) - wanted):
            removal = {"dest": os.path.join(entry["dest"], path), "absent": True}
            yield entry | removal | ({"secret": ""} if path in secret else {})
        for path in sorted(wanted):
            with open(os.path.join(entry["copy_of"], path), encoding="utf-8") as file:
                mode = f"{stat.S_IMODE(os.fstat(file.fileno()).st_mode):04o}"
                dest = os.path.join(entry["dest"], path)
                kind = "secret" if path in secret else "content"
                yield entry | {"dest": dest, "mode": mode, kind: file.read()}


def secret_names(directory: str | None) -> set[str]:
    """Return the relative paths of the files below ``directory`` that are never shown.

    They are the lines of the file ``DIRECTORY.secret``, which may be missing.
    """
    try:
        with open(f"{directory}.secret", encoding="utf-8") as file:
            return set(file.read().splitlines())
    except FileNotFoundError:
        return set()


def list_files(directory: str | None) -> set[str]:
    """Return the relative paths of all files below ``directory``, which may be missing."""
    return {
        os.path.relpath(os.path.join(top, name), directory)
        for top, _directories, names in os.walk(directory or "")
        for name in names
    }
