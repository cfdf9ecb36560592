"""Write files in a user's directories with the rights of that user, not of root.

A link that the user makes there can then lead to nothing that the user cannot write anyway.
"""

from __future__ import annotations

import itertools
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Take the rights of the user ``name``, and no others, inside the with block.

    A process that is not root keeps its own.
    """
    if os.geteuid() != 0:
        yield
        return
    user = pwd.getpwnam(name)
    groups = os.getgroups()
    os.setgroups([] if user.pw_uid else groups)
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def place_as_user(state: PathState, path: str, tries: int = 20) -> None:
    """Place ``state`` at ``path``; call it while acting as the user who owns the directory.

    The user's processes may block the path again, so it tries several times.
    """
    for left in reversed(range(tries)):
        try:
            clear_path(path)
            state.place(path)
            return
        except OSError:
            if not left:
                raise


def clear_path(path: str) -> None:
    """Rename the user's files and directories that block ``path`` or a directory above it."""
    parts = path.strip("/").split("/")
    for number in range(1, len(parts) + 1):
        part = "/" + "/".join(parts[:number])
        try:
            status = os.lstat(part)
        except FileNotFoundError:
            return
        if status.st_uid != os.geteuid():
            continue  # the user cannot rename it
        is_directory, is_last = stat.S_ISDIR(status.st_mode), number == len(parts)
        # The last part may be anything but a directory; those above it must be directories.
        if is_directory if is_last else not is_directory:
            os.rename(part, free_name(part))
        elif is_directory and status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(part, stat.S_IMODE(status.st_mode) | stat.S_IRWXU)


def free_name(path: str) -> str:
    """Return ``path`` with ``.replaced`` or ``.replacedN``, a name that does not exist yet."""
    names = (f"{path}.replaced{number or ''}" for number in itertools.count())
    return next(name for name in names if not os.path.lexists(name))
