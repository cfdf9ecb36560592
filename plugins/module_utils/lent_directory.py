"""Lend a directory to another user, and take it back safely.

The user can rename files at any time. So root uses descriptors of directories instead of paths
(openat(2)), and becomes the owner of a directory before it reads the directory.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

DEPTH = 128
"""How deep directories may be nested: each level takes one open file."""

ROOT = 0

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class UnsafeTree(Exception):
    """Root must not own a file of the directory; the message says which, and why."""


def left_by_commands(error: UnsafeTree) -> str:
    """Return the message for an ``error`` in a source that build commands have changed."""
    return (
        f"wsgi_app_build_commands have left what a release cannot have: {error}. Let them write "
        "files, directories, and links to files of the source."
    )


def lend(directory: Path, uid: int, gid: int) -> None:
    """Make an empty ``directory`` and give it to a user. Root must own its parent."""
    remove(directory)
    directory.mkdir(mode=0o700)
    os.chown(directory, uid, gid)


def remove(path: Path) -> None:
    """Remove ``path`` with all its content, at any depth. Links are not followed.

    Its directories are closed to their user first. Otherwise a process of the user could fill them
    faster than they are emptied.

    :raises OSError: when a file is left, with the output of rm(1).
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        descriptor = os.open(path, DIRECTORY)
        try:
            _close_directory(descriptor, os.fstat(descriptor).st_dev, DEPTH)
        finally:
            os.close(descriptor)
    command = ["rm", "-rf", "--one-file-system", "--", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise OSError(done.stderr.strip())


def _close_directory(descriptor: int, device: int, depth: int) -> None:
    """Give a directory, and those in it on the same ``device``, to root only."""
    os.fchown(descriptor, ROOT, ROOT)
    os.fchmod(descriptor, 0o700)
    for name in os.listdir(descriptor) if depth else []:
        with suppress(OSError):  # it was renamed or removed, or it is not a directory
            below = os.open(name, DIRECTORY, dir_fd=descriptor)
            try:
                if os.fstat(below).st_dev == device:
                    _close_directory(below, device, depth - 1)
            finally:
                os.close(below)


def take(directory: Path, gid: int, interpreter: str = "") -> None:
    """Give ``directory`` with all its content to root; group ``gid`` can read it.

    Every file must have one name, and every link must lead into the directory, or to
    ``interpreter``. Every process of the user that has one of its files open must have ended.

    :raises UnsafeTree: when this is not so. Files that root has taken until then stay root's.
    """
    links: list[str] = []
    descriptor = os.open(directory, DIRECTORY)
    try:
        _take_directory(descriptor, str(directory), gid, links, DEPTH)
    finally:
        os.close(descriptor)
    # Root owns all of it now, so the user cannot change the links while they are checked.
    top = os.path.realpath(directory)
    for link in links:
        landing = os.path.realpath(link)
        inside = landing == top or landing.startswith(f"{top}/")
        if not inside and not (interpreter and landing == os.path.realpath(interpreter)):
            raise UnsafeTree(f"{link} links to {os.readlink(link)}, outside of {directory}")


def _take_directory(descriptor: int, path: str, gid: int, links: list[str], depth: int) -> None:
    if depth == 0:
        raise UnsafeTree(f"{path} is below {DEPTH} other directories")
    os.fchown(descriptor, ROOT, gid)
    os.fchmod(descriptor, 0o750)
    for name in os.listdir(descriptor):
        below = f"{path}/{name}"
        mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            directory = os.open(name, DIRECTORY, dir_fd=descriptor)
            try:
                _take_directory(directory, below, gid, links, depth - 1)
            finally:
                os.close(directory)
        elif stat.S_ISREG(mode):
            _take_file(descriptor, name, below, gid)
        elif stat.S_ISLNK(mode):
            os.chown(name, ROOT, gid, dir_fd=descriptor, follow_symlinks=False)
            links.append(below)
        else:
            raise UnsafeTree(f"{below} is neither a file, a directory nor a link")


def _take_file(directory: int, name: str, path: str, gid: int) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    try:
        status = os.fstat(descriptor)
        if status.st_nlink != 1:
            raise UnsafeTree(f"{path} has other names, too (hard links)")
        os.fchown(descriptor, ROOT, gid)
        os.fchmod(descriptor, 0o750 if status.st_mode & stat.S_IXUSR else 0o640)
        if _is_open_for_writing(descriptor):
            raise UnsafeTree(f"{path} is still open for writing")
    finally:
        os.close(descriptor)


def _is_open_for_writing(descriptor: int) -> bool:
    """Return whether any process can still write to a file, as fcntl(2) says of leases."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        # Some file systems have no leases.
        return error.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
