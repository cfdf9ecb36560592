"""Pack a directory so that the same content always gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
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
    """The directory cannot be packed; the message says why and what would be right."""


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

    :raises TreeError: when it is no directory, or a symbolic link leads out of it.
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


def _member(path: Path, root: Path) -> tarfile.TarInfo:
    member = tarfile.TarInfo(str(path.relative_to(root)))
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        member.type = tarfile.SYMTYPE
        member.linkname = os.readlink(path)
        _refuse_way_out(path, root, member.linkname)
    elif stat.S_ISDIR(status.st_mode):
        member.type = tarfile.DIRTYPE
        member.mode = 0o755
    elif stat.S_ISREG(status.st_mode):
        member.size = status.st_size
        member.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    else:
        raise TreeError(f"{path} is neither a file, a directory nor a link")
    return member


def _refuse_way_out(path: Path, root: Path, target: str) -> None:
    landing = Path(os.path.normpath(path.parent / target))
    if os.path.isabs(target) or not landing.is_relative_to(os.path.normpath(root)):
        raise TreeError(
            f"{path} links to {target}, outside of {root}; "
            "a source can only hold links to what is in it"
        )
