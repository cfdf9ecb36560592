"""Copy static files out of a source, or out of the tar stream of an image.

Only directories and regular files are copied. Links and other kinds are left out, and so are hidden
files, which nginx does not serve. No link is followed, so a user may be able to change the source.
"""

from __future__ import annotations

import os
import re
import stat
import tarfile
from pathlib import Path
from typing import Protocol

DEPTH = 128
"""How deep directories may be nested: each level of a source takes one open file."""

LARGEST = 2 * 2**30
"""Bytes of all files of a release together."""

MOST = 100_000
"""Paths of a release, also those that are left out."""

HEADER = 2**20
"""Bytes between the contents of two files of a tar stream, which tarfile reads into memory."""

BLOCK = 2**16
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
HIDDEN = re.compile(r"/[.](?!well-known/)")
"""As in roles/nginx_site/templates/files.j2."""

Parts = tuple[str, ...]


class StaticFilesError(Exception):
    """The files cannot be copied; the message says why."""


class MissingDirectory(StaticFilesError):
    """The source has no such directory."""


class Readable(Protocol):
    """What the bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, and none at the end."""


class Copy:
    """Directories at ``dest``, an empty directory that only root can change."""

    def __init__(self, dest: Path) -> None:
        """Begin an empty copy."""
        self.dest = dest
        self.size = self.count = 0

    def takes(self, parts: Parts, is_directory: bool) -> bool:
        """Count a path, and return whether it is copied. The first part is the directory itself.

        :raises StaticFilesError: when there are too many paths, or one is too deep.
        """
        self._count()
        if len(parts) > DEPTH:
            raise StaticFilesError(f"a file in it is below {DEPTH} directories")
        return not HIDDEN.search("/".join(["", *parts[1:]]) + "/" * is_directory)

    def _count(self) -> None:
        self.count += 1
        if self.count > MOST:
            raise StaticFilesError(f"more than {MOST} files are in it")

    def add_directory(self, parts: Parts) -> None:
        """Make a directory and those above it, unless they exist.

        :raises StaticFilesError: when there are too many paths.
        """
        path = self.dest
        for part in parts:
            path = path / part
            if not path.is_dir():
                self._count()
                # With an explicit mode, because root may have another umask.
                path.mkdir()
                path.chmod(0o755)

    def add_file(self, parts: Parts, content: Readable) -> None:
        """Write a new file.

        :raises StaticFilesError: when all files together are too large.
        """
        self.add_directory(parts[:-1])
        with self.dest.joinpath(*parts).open("xb") as file:
            while block := content.read(BLOCK):
                self.size += len(block)
                if self.size > LARGEST:
                    raise StaticFilesError(f"its files have more than {LARGEST // 2**20} MiB")
                file.write(block)
            os.fchmod(file.fileno(), 0o644)


def copy_directory(copy: Copy, top: str, path: str) -> None:
    """Add the directory ``path`` below ``top``, under its last name.

    :raises MissingDirectory: when ``top`` has no such directory.
    :raises StaticFilesError: when it is too large.
    """
    descriptor = os.open(top, DIRECTORY)
    for part in path.split("/"):
        parent = descriptor
        try:
            descriptor = os.open(part, DIRECTORY, dir_fd=parent)
        except OSError as error:
            raise MissingDirectory(f"{part}: {os.strerror(error.errno or 0)}") from error
        finally:
            os.close(parent)
    try:
        _add_below(copy, descriptor, (os.path.basename(path),))
    finally:
        os.close(descriptor)


def _add_below(copy: Copy, directory: int, parts: Parts) -> None:
    copy.add_directory(parts)
    for name in sorted(os.listdir(directory)):
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        below = (*parts, name)
        if not copy.takes(below, stat.S_ISDIR(mode)):
            continue
        if stat.S_ISDIR(mode):
            descriptor = os.open(name, DIRECTORY, dir_fd=directory)
            try:
                _add_below(copy, descriptor, below)
            finally:
                os.close(descriptor)
        elif stat.S_ISREG(mode):
            descriptor = os.open(name, FILE, dir_fd=directory)
            with open(descriptor, "rb") as content:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    copy.add_file(below, content)


class _Limited:
    """A stream that ends with an error when more than ``left`` bytes are read."""

    def __init__(self, stream: Readable) -> None:
        self.stream = stream
        self.left = HEADER

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise StaticFilesError(f"its archive has more than {HEADER} bytes between two files")
        return data


def copy_stream(copy: Copy, stream: Readable, name: str) -> None:
    """Add the directory ``name``, the only one at the top of a tar stream.

    The stream may have been made by another user, so nothing in it is trusted.

    :raises MissingDirectory: when it is no directory.
    :raises StaticFilesError: when it is incomplete or too large, or leads out of ``name``.
    """
    limited = _Limited(stream)
    try:
        with tarfile.open(fileobj=limited, mode="r|") as archive:  # type: ignore[call-overload]
            while member := archive.next():
                limited.left = member.size + HEADER if member.type in PLAIN else HEADER
                _add_member(copy, archive, member, name)
                # tarfile would keep all members, and all global headers.
                archive.members, archive.pax_headers = [], {}
        while limited.read(BLOCK):
            pass
    except (tarfile.TarError, ValueError, OverflowError, EOFError, RecursionError) as error:
        raise StaticFilesError(f"its archive cannot be read: {error}") from error
    if not copy.dest.joinpath(name).is_dir():
        raise StaticFilesError("its archive is empty")


def _add_member(copy: Copy, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
    parts = _parts(member.name, name)
    if len(parts) == 1 and not member.isdir():
        raise MissingDirectory(f"{name}: Not a directory")
    if not copy.takes(parts, member.isdir()):
        return
    if member.isdir():
        copy.add_directory(parts)
    elif member.type in PLAIN and (content := archive.extractfile(member)):
        copy.add_file(parts, content)
    elif member.islnk():
        # A second name of an earlier file. On a host, both names are files.
        first = copy.dest.joinpath(*_parts(member.linkname, name))
        if not first.is_file():
            raise StaticFilesError(
                f"{member.name!r} is a hard link to {member.linkname!r}, which is not copied"
            )
        with first.open("rb") as content:
            copy.add_file(parts, content)


def _parts(path: str, name: str) -> Parts:
    """Return the parts of a path in the stream.

    :raises StaticFilesError: when it is not below ``name``.
    """
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if path.startswith("/") or ".." in parts or parts[:1] != (name,):
        raise StaticFilesError(f"its archive has the path {path!r}")
    return parts
