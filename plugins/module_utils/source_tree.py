"""The files of a source: which belong to it, which are allowed, and how they are placed."""

from __future__ import annotations

import grp
import os
import shutil
import stat
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path

LEFT_OUT = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "__pycache__",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
    }
)
"""Names of files and directories that version control and tools make; not part of a source."""


POINTERS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
"""How a file begins that Git LFS has put in place of another one."""

LARGEST_POINTER = 1024
"""Bytes (the specification of Git LFS)."""


class TreeError(Exception):
    """The directory cannot be a source; the message says why and what would be right."""


def list_paths(root: Path, left_out: AbstractSet[Path] = frozenset()) -> Iterator[Path]:
    """Yield the paths of the source at ``root``, parents first, in a fixed order.

    It leaves out virtual environments (directories with a ``pyvenv.cfg``), bytecode, build metadata
    and the names of :data:`LEFT_OUT`.

    :param left_out: more paths to leave out, relative to ``root``.
    """
    return _paths_below(root, root, left_out)


def _paths_below(top: Path, root: Path, left_out: AbstractSet[Path]) -> Iterator[Path]:
    for path in sorted(top.iterdir()):
        if path.name in LEFT_OUT or path.name.endswith((".pyc", ".egg-info")):
            continue
        if path.relative_to(root) in left_out:
            continue
        if path.is_dir() and not path.is_symlink():
            if (path / "pyvenv.cfg").exists():
                continue
            yield path
            yield from _paths_below(path, root, left_out)
        else:
            yield path


def check(root: Path) -> None:
    """Check all files below ``root``, which no other user may be able to change.

    :raises TreeError: when a source must not have one of them.
    """
    for top, directories, files in os.walk(root, onerror=_fail):
        for name in (*directories, *files):
            status = check_path(Path(top, name), root)
            if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID):
                raise TreeError(f"{_quote(Path(top, name), root)} is setuid or setgid")


def check_path(path: Path, root: Path) -> os.stat_result:
    """Return the status of ``path``: a file, a directory, or a link to a path below ``root``.

    :raises TreeError: when it is anything else.
    """
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        _check_link(path, root)
    elif not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
        raise TreeError(f"{_quote(path, root)} is neither a file, a directory nor a link")
    elif stat.S_ISREG(status.st_mode) and is_pointer(path, status.st_size):
        raise TreeError(
            f"{_quote(path, root)} is a pointer of Git LFS, not the file itself: 'git lfs pull' "
            "gets the file"
        )
    return status


def is_pointer(path: Path, size: int) -> bool:
    """Return whether Git LFS has put the file at ``path`` in place of another one."""
    if size > LARGEST_POINTER:
        return False
    try:
        with path.open("rb") as file:
            return file.read(max(map(len, POINTERS))).startswith(POINTERS)
    except PermissionError:  # what packs the file says so
        return False


@contextmanager
def placed(dest: str, group: str | None) -> Iterator[Path]:
    """Yield a directory to fill. After the with block it is at ``dest``: complete, or not at all.

    No other user may be able to change its parent. With a ``group``, only root and this group can
    read it.
    """
    partial = Path(f"{dest}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    # With explicit modes, because root may have another umask.
    for directory in [*reversed(partial.parents), partial]:
        if not directory.exists():
            directory.mkdir()
            directory.chmod(0o755)
    yield partial
    if group is not None:
        _restrict_to_group(partial, grp.getgrnam(group).gr_gid)
    partial.rename(dest)


def _restrict_to_group(top: Path, gid: int) -> None:
    """Give ``top`` and all below it to ``gid``, and remove the permissions of other users."""
    for directory, _directories, files in os.walk(top):
        for path in [directory, *(os.path.join(directory, file) for file in files)]:
            os.chown(path, 0, gid, follow_symlinks=False)
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode & 0o750)


def _fail(error: OSError) -> None:
    raise error


def _check_link(path: Path, root: Path) -> None:
    """Follow the link as the kernel does: ``up/..`` is above ``root`` when ``up`` leads to it."""
    target = os.readlink(path)
    landing = Path(os.path.realpath(path))
    if os.path.isabs(target) or not landing.is_relative_to(os.path.realpath(root)):
        raise TreeError(
            f"{_quote(path, root)} links to {target!r}, outside of the source; "
            "a source may only have relative links to its own files"
        )


def _quote(path: Path, root: Path) -> str:
    """Return ``path`` for a message, quoted: a name can have control characters."""
    return repr(str(path.relative_to(root)))
