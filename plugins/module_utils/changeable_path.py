"""Find the part of a path that other users than root can change."""

from __future__ import annotations

import grp
import os
import stat

TRUSTED_GROUPS = ("root", "staff")
"""Groups that may write to root's directories: staff to /usr/local (Debian Policy, 9.1.2)."""

LINKS = 40
"""How many links a path may follow, as in the kernel (path_resolution(7))."""


def changeable_part(path: str) -> str:
    """Return the first part of ``path`` that other users than root can replace or change.

    It is empty if there is none. A part that does not exist counts if every user can make it.
    """
    return _changeable(os.path.abspath(path), LINKS, last=True)


def changeable_parent(path: str) -> str:
    """Return the same, but for ``path`` itself only check whether they can replace it."""
    return _changeable(os.path.abspath(path), LINKS, last=False)


def _changeable(path: str, links: int, last: bool) -> str:
    parts = path.strip("/").split("/")
    shared = False
    for number in range(len(parts) + 1):
        part = "/" + "/".join(parts[:number])
        try:
            status = os.lstat(part)
        except (FileNotFoundError, NotADirectoryError):
            return part if shared else ""
        is_last = number == len(parts)
        if stat.S_ISLNK(status.st_mode):
            if status.st_uid != 0 or not links:
                return part
            target = os.path.join(os.path.dirname(part), os.readlink(part))
            rest = os.path.join(target, *parts[number:])
            return _changeable(os.path.normpath(rest), links - 1, last)
        # In a sticky directory such as /tmp, the owner of a file can rename it (inode(7)).
        if shared and status.st_uid != 0:
            return part
        if is_last and not last:
            return ""
        shared = bool(status.st_mode & stat.S_ISVTX)
        if status.st_uid != 0 or (_others_write(status) and not shared):
            return part
    return ""


def _others_write(status: os.stat_result) -> bool:
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and _group(status.st_gid) not in TRUSTED_GROUPS


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""
