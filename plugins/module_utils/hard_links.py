"""Replace hard links by copies. Builds make them, and root takes no file with a second name."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path


def separate(top: Path) -> None:
    """Give each name below ``top`` a file of its own. Symbolic links are not followed.

    This is for the user who owns the files, or while no other process can change them.
    """
    for directory, _directories, files in os.walk(top):
        for name in files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                _copy_over(path, directory)


def _copy_over(path: str, directory: str) -> None:
    os.chmod(directory, os.stat(directory).st_mode | 0o200)
    descriptor, copy = tempfile.mkstemp(dir=directory)
    os.close(descriptor)
    shutil.copy2(path, copy, follow_symlinks=False)
    os.replace(copy, path)
