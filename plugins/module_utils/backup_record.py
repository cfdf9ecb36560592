"""The record at the beginning of a backup: which app, release and time it is of."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from dataclasses import asdict, dataclass, field, fields
from typing import Any

NAME = "backup.json"
FORMAT = 1
"""The layout of a backup. A collection reads its own and all earlier ones."""

LARGEST = 2**16
"""Bytes of a record."""

BEGINNING = 2**18
"""Bytes in which the record of a backup ends."""

BLOCK = 2**20

UNREADABLE = (
    tarfile.TarError,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    RecursionError,
    zlib.error,
)
"""What gzip, tarfile and json raise when a file is damaged, cut off or something else."""


class BackupError(Exception):
    """A backup cannot be made or read; the message says why."""


@dataclass(frozen=True)
class Record:
    """What a backup is of."""

    app: str
    made: str
    """When it was begun, in UTC (ISO 8601)."""
    collection: str
    """The version of subsite.deploy that made it."""
    release: dict[str, Any] = field(default_factory=dict)
    """The record of the current release (``release.json``); empty without one."""
    format: int = FORMAT

    @property
    def to_json(self) -> str:
        """The content of the file :data:`NAME`."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Record:
        """Return the record that ``text`` is.

        :raises BackupError: when it is none, or one of a later format.
        """
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BackupError(f"its {NAME} cannot be read") from error
        if not isinstance(found, dict) or not isinstance(found.get("format"), int):
            raise BackupError(f"its {NAME} is none of this collection")
        if found["format"] > FORMAT:
            raise BackupError(
                f"a later version of subsite.deploy has made it ({found.get('collection')!s:.20}); "
                "restore it with that version"
            )
        kinds = {"app": str, "made": str, "collection": str, "release": dict}
        if not all(isinstance(found.get(name), kind) for name, kind in kinds.items()):
            raise BackupError(f"its {NAME} is incomplete")
        return cls(**{name.name: found[name.name] for name in fields(cls)})


def read_member(archive: tarfile.TarFile) -> Record:
    """Return the record that ``archive`` begins with.

    :raises BackupError: when it begins with something else.
    """
    member = archive.next()
    if member is None or member.name != NAME or not member.isreg() or member.size > LARGEST:
        raise BackupError(f"it does not begin with {NAME}, so it is no backup of this collection")
    content = archive.extractfile(member)
    return Record.from_json(content.read() if content else b"")


def check_file(path: str) -> tuple[Record, int]:
    """Read the file at ``path`` to its end, and return its record and how many bytes it unpacks to.

    The memory that this takes does not depend on the file, which may come from anywhere.

    :raises BackupError: when it is damaged or cut off, or no backup.
    """
    try:
        with gzip.open(path, "rb") as stream:
            beginning = io.BytesIO(stream.read(BEGINNING))
            with tarfile.open(fileobj=beginning, mode="r:") as archive:
                record = read_member(archive)
            while stream.read(BLOCK):
                pass
            size = stream.tell()
    except UNREADABLE as error:
        raise BackupError(f"it is damaged, cut off or no backup ({error})") from error
    return record, size
