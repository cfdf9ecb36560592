"""A source's directory: what it may hold, how it is packed, and how it is placed."""

from __future__ import annotations

import grp
import hashlib
import io
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
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
"""Names that version control and tools leave behind; never part of a source."""


class TreeError(Exception):
    """The directory cannot be a source; the message says why and what would be right."""


def paths(root: Path) -> Iterator[Path]:
    """Yield what belongs to the source below ``root``, parents first, in a fixed order.

    Virtual environments (known by their ``pyvenv.cfg``), bytecode, build metadata and
    the names of :data:`LEFT_OUT` do not belong to it.
    """
    for path in sorted(root.iterdir()):
        if path.name in LEFT_OUT or path.name.endswith((".pyc", ".egg-info")):
            continue
        if path.is_dir() and not path.is_symlink():
            if (path / "pyvenv.cfg").exists():
                continue
            yield path
            yield from paths(path)
        else:
            yield path


def pack(directory: str) -> bytes:
    """Return ``directory`` as an uncompressed tar archive that its content alone decides.

    Owners, times and the umask of whoever checked it out are left out of it; of the
    permissions only "executable" is kept.

    :raises TreeError: when it is no directory, or holds what a source cannot hold.
    """
    root = Path(directory)
    if not root.is_dir():
        raise TreeError(f"{directory} is not a directory on the controller")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in paths(root):
            member = _member(path, root)
            if member.isreg():
                with path.open("rb") as content:
                    archive.addfile(member, content)
            else:
                archive.addfile(member)
    return buffer.getvalue()


def digest(archive: bytes) -> str:
    """Return the hexadecimal SHA-256 of a packed directory."""
    return hashlib.sha256(archive).hexdigest()


def check(root: Path) -> None:
    """Check everything below ``root``. No other user may be able to change it meanwhile.

    :raises TreeError: when it holds what a source cannot hold.
    """
    for top, directories, files in os.walk(root, onerror=_fail):
        for name in (*directories, *files):
            status = check_path(Path(top, name), root)
            if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID):
                raise TreeError(f"{_named(Path(top, name), root)} is setuid or setgid")


@contextmanager
def placed(dest: str, group: str | None) -> Iterator[Path]:
    """Lend a directory to fill, which becomes ``dest`` afterwards: whole, or not at all.

    No other user may be able to change its parent. With a ``group``, only root and this group can
    read it.
    """
    partial = Path(f"{dest}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    partial.chmod(0o755)
    yield partial
    if group is not None:
        _keep_to_group(partial, grp.getgrnam(group).gr_gid)
    partial.rename(dest)


def _keep_to_group(top: Path, gid: int) -> None:
    """Give ``top`` and all below it to ``gid`` and take everybody else's permissions."""
    for directory, _, files in os.walk(top):
        for path in [directory, *(os.path.join(directory, file) for file in files)]:
            os.chown(path, 0, gid, follow_symlinks=False)
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode & 0o750)


def _fail(error: OSError) -> None:
    raise error


def _member(path: Path, root: Path) -> tarfile.TarInfo:
    member = tarfile.TarInfo(str(path.relative_to(root)))
    status = check_path(path, root)
    if stat.S_ISLNK(status.st_mode):
        member.type = tarfile.SYMTYPE
        member.linkname = os.readlink(path)
    elif stat.S_ISDIR(status.st_mode):
        member.type = tarfile.DIRTYPE
        member.mode = 0o755
    else:
        member.size = status.st_size
        member.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    return member


def check_path(path: Path, root: Path) -> os.stat_result:
    """Return the status of ``path``: a file, a directory, or a link to a path below ``root``.

    :raises TreeError: when it is anything else.
    """
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        _refuse_way_out(path, root)
    elif not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
        raise TreeError(f"{_named(path, root)} is neither a file, a directory nor a link")
    return status


def _refuse_way_out(path: Path, root: Path) -> None:
    """Follow the link as the kernel does: ``up/..`` is above ``root`` when ``up`` leads to it."""
    target = os.readlink(path)
    landing = Path(os.path.realpath(path))
    if os.path.isabs(target) or not landing.is_relative_to(os.path.realpath(root)):
        raise TreeError(
            f"{_named(path, root)} links to {target!r}, outside of the source; "
            "a source can only hold links to what is in it"
        )


def _named(path: Path, root: Path) -> str:
    """Return ``path`` for a message: a name can hold control characters."""
    return repr(str(path.relative_to(root)))
