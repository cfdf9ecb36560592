"""Write the data of an app as a backup: a tar archive (pax format), compressed with gzip.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.backup_writer <backup.json

It runs as the app's user, in the state directory, while other processes of the user change the
files. The archive goes to standard output. A report, or the reason of a failure, goes to standard
error.
"""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import stat
import sys
import tarfile
from contextlib import suppress
from typing import IO

from ansible_collections.subsite.deploy.plugins.module_utils import backup_record
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import (
    BackupError,
    Record,
)

DEPTH = 128
"""How deep directories may be nested: each level takes one open file."""

LEVEL = 3
"""Of gzip: most data are media, which no level makes smaller."""

MOST = 1000
"""Names in a list of the report."""

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK

Parts = list[tuple[int, int]]
"""Offsets and lengths in a file, in bytes."""


class Writer:
    """An archive that is being written."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        """Begin with nothing."""
        self.archive = archive
        self.first_names: dict[tuple[int, int], str] = {}
        """The first name of each file with several, by device and inode."""
        self.left_out: list[str] = []
        """What is neither a file, a directory nor a link."""
        self.changed_files: list[str] = []
        """Files that have changed while they were read."""

    def add_record(self, record: Record) -> None:
        """Add the record, which has to be first."""
        content = record.to_json.encode()
        member = tarfile.TarInfo(backup_record.NAME)
        member.size, member.mode = len(content), 0o644
        self._add(member, io.BytesIO(content))

    def add_directory(self, top: str) -> None:
        """Add the directory ``top`` of the working directory with all its content.

        :raises BackupError: when a file cannot be read.
        """
        self.first_names = {}  # directories of an app are mounts, so no link connects two of them
        descriptor = os.open(top, DIRECTORY)
        try:
            self._add_directory(descriptor, top, DEPTH)
        finally:
            os.close(descriptor)

    def _add_directory(self, descriptor: int, path: str, depth: int) -> None:
        if depth == 0:
            raise BackupError(f"{path} is below {DEPTH} other directories")
        member = self._member(path, os.fstat(descriptor), tarfile.DIRTYPE)
        self._add(member)
        for name in sorted(os.listdir(descriptor)):
            # A file that is gone again would be missing a moment later, too.
            with suppress(FileNotFoundError):
                self._add_entry(descriptor, name, f"{path}/{name}", depth)

    def _add_entry(self, parent: int, name: str, path: str, depth: int) -> None:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        try:
            if stat.S_ISLNK(status.st_mode):
                member = self._member(path, status, tarfile.SYMTYPE)
                member.linkname = os.readlink(name, dir_fd=parent)
                self._add(member)
            elif stat.S_ISDIR(status.st_mode):
                descriptor = os.open(name, DIRECTORY, dir_fd=parent)
                try:
                    self._add_directory(descriptor, path, depth - 1)
                finally:
                    os.close(descriptor)
            elif stat.S_ISREG(status.st_mode):
                descriptor = os.open(name, FILE, dir_fd=parent)
                try:
                    self._add_file(descriptor, path)
                finally:
                    os.close(descriptor)
            else:
                self._note(self.left_out, path)
        except PermissionError as error:
            raise BackupError(
                f"the app's user cannot read {path}, so a backup would lack it. Give it to this "
                "user, or remove it"
            ) from error
        except OSError as error:
            # It has become another kind since.
            if error.errno not in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
                raise
            self._note(self.left_out, path)

    def _add_file(self, descriptor: int, path: str) -> None:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            self._note(self.left_out, path)
            return
        if status.st_nlink > 1:
            first = self.first_names.setdefault((status.st_dev, status.st_ino), path)
            if first != path:
                member = self._member(path, status, tarfile.LNKTYPE)
                member.linkname = first
                self._add(member)
                return
        member = self._member(path, status, tarfile.REGTYPE)
        parts = written_parts(descriptor, status.st_size)
        head = b""
        if sum(length for _, length in parts) < status.st_size:
            head = make_sparse(member, parts, status.st_size)
        member.size = len(head) + sum(length for _, length in parts)
        self._add(member, _Content(descriptor, head, parts))
        after = os.fstat(descriptor)
        if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
            self._note(self.changed_files, path)

    def _member(self, path: str, status: os.stat_result, kind: bytes) -> tarfile.TarInfo:
        """Return the head of a member. The role knows the owner of each directory."""
        member = tarfile.TarInfo(path)
        member.type = kind
        member.mode = stat.S_IMODE(status.st_mode) & 0o777
        member.mtime = status.st_mtime
        return member

    def _add(self, member: tarfile.TarInfo, content: object = None) -> None:
        self.archive.addfile(member, content)  # type: ignore[arg-type]  # it only reads
        # tarfile would keep all of them.
        self.archive.members = []  # type: ignore[attr-defined]  # known at runtime

    def _note(self, names: list[str], path: str) -> None:
        if len(names) < MOST:
            names.append(path)


class _Content:
    """The bytes that a member has: ``head``, then parts of a file.

    What the file has lost since it was measured is zeros.
    """

    def __init__(self, descriptor: int, head: bytes, parts: Parts) -> None:
        self.descriptor = descriptor
        self.head = head
        self.parts = parts[::-1]

    def read(self, size: int) -> bytes:
        block, self.head = self.head[:size], self.head[size:]
        while len(block) < size and self.parts:
            offset, length = self.parts.pop()
            wanted = min(length, size - len(block))
            block += os.pread(self.descriptor, wanted, offset).ljust(wanted, b"\0")
            if wanted < length:
                self.parts.append((offset + wanted, length - wanted))
        return block


def written_parts(descriptor: int, size: int) -> Parts:
    """Return the parts of a file that are no holes (lseek(2))."""
    parts, offset = [], 0
    while offset < size:
        try:
            begin = os.lseek(descriptor, offset, os.SEEK_DATA)
            offset = os.lseek(descriptor, begin, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole until the end, or the file has become shorter
                break
            raise
        if begin < size:
            parts.append((begin, min(offset, size) - begin))
    return parts


def make_sparse(member: tarfile.TarInfo, parts: Parts, size: int) -> bytes:
    """Make ``member`` a file with holes (GNU tar's format 1.0), and return what is before the data.

    :param size: the size of the file with its holes.
    """
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": member.name,
        "GNU.sparse.realsize": str(size),
    }
    directory, _, name = member.name.rpartition("/")
    member.name = f"{directory}/GNUSparseFile.0/{name}"
    listed = [*parts, (size, 0)]
    numbers = [len(listed), *(number for part in listed for number in part)]
    head = "".join(f"{number}\n" for number in numbers).encode()
    return head.ljust(-(-len(head) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE, b"\0")


def write(stream: IO[bytes], record: Record, directories: list[str]) -> Writer:
    """Write a backup of ``directories``, which are in the working directory, to ``stream``.

    :raises BackupError: when a file cannot be read.
    """
    with (
        gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=LEVEL, mtime=0) as compressed,
        tarfile.open(
            fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"
        ) as archive,
    ):
        writer = Writer(archive)
        writer.add_record(record)
        for directory in directories:
            writer.add_directory(directory)
    return writer


def main() -> None:
    """Write the backup that standard input describes, and the report."""
    request = json.load(sys.stdin)
    record = Record(**request["record"])
    try:
        writer = write(sys.stdout.buffer, record, request["directories"])
        sys.stdout.buffer.flush()
    except (BackupError, OSError) as error:
        sys.exit(str(error))
    report = {"left_out": writer.left_out, "changed_files": writer.changed_files}
    print(json.dumps(report), file=sys.stderr)


if __name__ == "__main__":
    main()
