"""Unpack a backup into empty directories.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.backup_reader <backup

It runs as the app's user, in a directory that has the empty directories :data:`TOPS`, and in a
sandbox in which it can write nothing else. No other process of the user sees these directories. The
backup may come from anywhere, so nothing in it is trusted: it is unpacked completely, or the
program fails. A report, or the reason of a failure, goes to standard error.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import stat
import sys
import tarfile
from collections.abc import Iterable
from dataclasses import asdict
from typing import IO

from ansible_collections.subsite.deploy.plugins.module_utils import backup_record
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import (
    BackupError,
    Record,
)

TOPS = ("data", "public", "shared")
"""The directories of a backup. ``shared`` has directories only."""

SHARED_NAME = re.compile(r"[A-Za-z0-9._~-]+")
"""A name that ``wsgi_app_shared_paths`` can have. Settings of units have it, so it is one word."""

DEPTH = 128
"""How deep directories may be nested."""

BLOCK = 2**18
MOST = 1000
"""Names in a list of the report."""

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
OWNER = stat.S_IRWXU

Parts = tuple[str, ...]


class Reader:
    """A backup that is being unpacked into the working directory."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        """Read the record.

        :raises BackupError: when there is none.
        """
        self.archive = archive
        self.record: Record = backup_record.read_member(archive)
        self.links: dict[Parts, tarfile.TarInfo] = {}
        self.directories: list[tuple[Parts, tarfile.TarInfo]] = []
        self.left_out: list[str] = []
        """Links that lead out of the directories."""

    def unpack(self) -> None:
        """Unpack all members.

        :raises BackupError: when one of them has no place in a backup.
        """
        while member := self.archive.next():
            # tarfile would keep all members, and all global headers.
            self.archive.members = []  # type: ignore[attr-defined]  # known at runtime
            self.archive.pax_headers = {}
            parts = parts_of(member.name)
            try:
                self._unpack(member, parts)
            except FileExistsError as error:
                raise BackupError(f"it has {member.name!r} twice") from error
            except (FileNotFoundError, NotADirectoryError) as error:
                raise BackupError(f"it has {member.name!r} before its directory") from error
        # Links are made when all files are there, so no file can be written through one.
        for parts, member in self.links.items():
            self._make_link(parts, member)
        self._remove_links_that_lead_out()
        for parts, member in reversed(self.directories):
            self._finish_directory(parts, member)

    def _unpack(self, member: tarfile.TarInfo, parts: Parts) -> None:
        if member.isdir():
            self._make_directory(member, parts)
        elif len(parts) == 1 or parts[0] == "shared" and len(parts) == 2:
            raise BackupError(f"it has {member.name!r}, which is no directory")
        elif parts in self.links:
            raise FileExistsError
        elif member.issym():
            self.links[parts] = member
        elif member.islnk():
            self._add_name(parts_of(member.linkname), parts)
        elif member.isreg():
            self._write(member, parts)
        else:
            raise BackupError(f"it has {member.name!r}, neither a file, a directory nor a link")

    def _make_directory(self, member: tarfile.TarInfo, parts: Parts) -> None:
        if len(parts) == 1:
            return  # one of TOPS
        parent = self._open_parent(parts)
        try:
            # Not by chmod(2), which would take the group from new files in a directory of nginx's.
            os.mkdir(parts[-1], member.mode & 0o777 | OWNER, dir_fd=parent)
        finally:
            os.close(parent)
        self.directories.append((parts, member))

    def _write(self, member: tarfile.TarInfo, parts: Parts) -> None:
        parent = self._open_parent(parts)
        try:
            descriptor = os.open(parts[-1], NEW_FILE, 0o600, dir_fd=parent)
        finally:
            os.close(parent)
        with open(descriptor, "wb", buffering=0) as file:
            self._copy(member, file)
            file.truncate(member.size)  # a hole at the end
            os.fchmod(descriptor, member.mode & 0o777)
            os.utime(descriptor, (member.mtime, member.mtime))

    def _copy(self, member: tarfile.TarInfo, file: IO[bytes]) -> None:
        stream = self.archive.fileobj
        if stream is None:
            raise BackupError("it is closed")
        stream.seek(member.offset_data)
        parts: Iterable[tuple[int, int]] = member.sparse or [(0, member.size)]  # type: ignore[assignment]
        for offset, length in parts:
            file.seek(offset)
            while length:
                block = stream.read(min(length, BLOCK))
                if not block:
                    raise BackupError(f"it ends within {member.name!r}")
                file.write(block)
                length -= len(block)

    def _add_name(self, first: Parts, parts: Parts) -> None:
        """Give a file that has been unpacked before another name."""
        if len(first) == 1:
            raise BackupError(f"it has a hard link to {first[0]!r}, which is no file")
        source, dest = self._open_parent(first), self._open_parent(parts)
        try:
            status = os.stat(first[-1], dir_fd=source, follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                raise BackupError(f"it has a hard link to {'/'.join(first)!r}, which is no file")
            os.link(
                first[-1],
                parts[-1],
                src_dir_fd=source,
                dst_dir_fd=dest,
                follow_symlinks=False,
            )
        finally:
            os.close(source)
            os.close(dest)

    def _make_link(self, parts: Parts, member: tarfile.TarInfo) -> None:
        parent = self._open_parent(parts)
        try:
            os.symlink(member.linkname, parts[-1], dir_fd=parent)
            times = (member.mtime, member.mtime)
            os.utime(parts[-1], times, dir_fd=parent, follow_symlinks=False)
        except FileExistsError as error:
            raise BackupError(f"it has {member.name!r} twice") from error
        finally:
            os.close(parent)

    def _remove_links_that_lead_out(self) -> None:
        """Remove the links that lead out of the backup; by way of other links, too."""
        top = os.path.realpath(".")
        inside = tuple(f"{top}/{name}/" for name in TOPS)
        outside = [
            parts
            for parts, member in self.links.items()
            if os.path.isabs(member.linkname)
            or not f"{os.path.realpath('/'.join(parts))}/".startswith(inside)
        ]
        for parts in outside:
            os.unlink("/".join(parts))
            if len(self.left_out) < MOST:
                self.left_out.append(f"{'/'.join(parts)} -> {self.links[parts].linkname}")

    def _finish_directory(self, parts: Parts, member: tarfile.TarInfo) -> None:
        parent = self._open_parent(parts)
        try:
            descriptor = os.open(parts[-1], DIRECTORY, dir_fd=parent)
            try:
                if member.mode & OWNER != OWNER:
                    os.fchmod(descriptor, member.mode & 0o777)
                os.utime(descriptor, (member.mtime, member.mtime))
            finally:
                os.close(descriptor)
        finally:
            os.close(parent)

    def _open_parent(self, parts: Parts) -> int:
        """Return a descriptor of the directory that the last one of ``parts`` is in."""
        descriptor = os.open(parts[0], DIRECTORY)
        for part in parts[1:-1]:
            above = descriptor
            try:
                descriptor = os.open(part, DIRECTORY, dir_fd=above)
            finally:
                os.close(above)
        return descriptor


def parts_of(path: str) -> Parts:
    """Return the parts of a path in the backup.

    :raises BackupError: when it is not in one of its directories.
    """
    parts = tuple(path.split("/"))
    if parts[0] not in TOPS or {"", ".", ".."} & set(parts) or "\0" in path:
        raise BackupError(f"it has the path {path[:200]!r}, which no backup has")
    if parts[0] == "shared" and not all(map(SHARED_NAME.fullmatch, parts[1:2])):
        raise BackupError(f"it has the path {path[:200]!r}, and no app has such a directory")
    if len(parts) > DEPTH + 2:
        raise BackupError(f"it has a path of more than {DEPTH} directories")
    return parts


def unpack(stream: IO[bytes]) -> Reader:
    """Unpack the backup ``stream`` into the directories :data:`TOPS` of the working directory.

    :raises BackupError: when it is damaged or cut off, or has what no backup has.
    """
    os.umask(0)
    try:
        with (
            gzip.GzipFile(fileobj=stream, mode="rb") as compressed,
            tarfile.open(fileobj=compressed, mode="r|", encoding="utf-8") as archive,
        ):
            reader = Reader(archive)
            reader.unpack()
            while compressed.read(BLOCK):  # to its checksum
                pass
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, *backup_record.UNREADABLE) as error:
        raise BackupError(f"it is damaged or cut off, or cannot be unpacked ({error})") from error
    return reader


def main() -> None:
    """Unpack the backup on standard input, and write the report."""
    try:
        reader = unpack(sys.stdin.buffer)
    except BackupError as error:
        sys.exit(str(error))
    report = {"record": asdict(reader.record), "left_out": reader.left_out}
    print(json.dumps(report), file=sys.stderr)


if __name__ == "__main__":
    main()
