"""Pack a directory of the controller so that equal contents give equal archives."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import (
    TreeError,
    check_path,
    list_paths,
)


def pack(
    directory: str,
    left_out: AbstractSet[Path] = frozenset(),
    added: Mapping[str, str] | None = None,
) -> bytes:
    """Return ``directory`` as an uncompressed tar archive that depends on its content only.

    Owners, times and the umask are left out; of the permissions only "executable" is kept.

    :param left_out: paths that are not packed, relative to ``directory``.
    :param added: the content of more files by their paths. They replace files.
    :raises TreeError: when it is not a directory, or has a file that a source must not have.
    """
    root = Path(directory)
    if not root.is_dir():
        raise TreeError(f"{directory} is not a directory on the controller")
    replaced = left_out | {Path(path) for path in added or {}}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in list_paths(root, replaced):
            member = _member(path, root)
            if member.isreg():
                with path.open("rb") as content:
                    archive.addfile(member, content)
            else:
                archive.addfile(member)
        for name, text in sorted((added or {}).items()):
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def digest(archive: bytes) -> str:
    """Return the hexadecimal SHA-256 of a packed directory."""
    return hashlib.sha256(archive).hexdigest()


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
