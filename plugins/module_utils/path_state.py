"""What is at a path, or what should be there."""

from __future__ import annotations

import grp
import os
import pwd
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt, printable

LARGEST = 16 * 2**20
"""Bytes of the largest file that is read for comparison: a user can make one as large as a disk."""


@dataclass(frozen=True)
class PathState:
    """The kind, the content and the rights of a path."""

    kind: str = "absent"
    content: bytes = b""
    owner: int | None = None
    group: int | None = None
    mode: int | None = None

    @classmethod
    def read(cls, path: str) -> PathState:
        """Return what is at ``path`` now."""
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return cls()
        if stat.S_ISLNK(status.st_mode):
            return cls("link", os.fsencode(os.readlink(path)))
        content = b""
        if stat.S_ISREG(status.st_mode) and status.st_size > LARGEST:
            return cls("large file")
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb", opener=open_without_following) as file:
                content, status = file.read(), os.fstat(file.fileno())
        kind = {stat.S_IFREG: "file", stat.S_IFDIR: "directory"}.get(
            stat.S_IFMT(status.st_mode), "special file"
        )
        return cls(kind, content, status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))

    @classmethod
    def wanted(cls, entry: dict, before: PathState) -> PathState:
        """Return what ``entry`` of file_set's ``files`` asks for.

        :param before: what is there now; a key keeps its content.
        :raises KeyError: when the host does not have the entry's user or group.
        """
        if entry["absent"]:
            return cls()
        if entry["link"] is not None:
            return cls("link", entry["link"].encode())
        kind, default = ("directory", "0755") if entry["directory"] else ("file", "0644")
        content = entry["content"] if entry["secret"] is None else entry["secret"]
        if entry["key"]:
            content = before.content.decode() or secrets.token_hex(32)
        return cls(
            kind,
            (content or "").encode(),
            pwd.getpwnam(entry["owner"]).pw_uid,
            grp.getgrnam(entry["group"]).gr_gid,
            int(entry["mode"] or default, 8),
        )

    def place(self, path: str) -> None:
        """Make ``path`` this. Programs that open it get the old or the new content, complete."""
        if self.kind == "absent":
            self._remove(path)
        elif self.kind == "directory":
            self._make_directory(path)
        elif self.kind == "link":
            temporary = tempfile.mktemp(dir=os.path.dirname(path), prefix=".")
            os.symlink(self.content, temporary)
            os.rename(temporary, path)
        else:
            self._write(path)

    def _remove(self, path: str) -> None:
        if PathState.read(path).kind == "directory":
            with suppress(OSError):  # another program may have put a file into it
                os.rmdir(path)
        else:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _make_directory(self, path: str) -> None:
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
        handle = open_without_following(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._set_rights(handle)
        finally:
            os.close(handle)

    def _write(self, path: str) -> None:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.content)
                self._set_rights(file.fileno())
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise

    def _set_rights(self, handle: int) -> None:
        if self.owner is None or self.group is None or self.mode is None:
            raise TypeError(f"A {self.kind} cannot be placed")
        os.fchown(handle, self.owner, self.group)
        os.fchmod(handle, self.mode)

    @property
    def rights(self) -> str:
        """Owner, group and permissions as numbers; empty for a kind without them."""
        return "" if self.mode is None else f"{self.owner}:{self.group} {self.mode:04o}"

    def describe(self, is_secret: bool) -> str:
        """Return its content for a diff, or its kind."""
        if self.kind == "file":
            return "a secret\n" if is_secret else printable(self.content.decode(errors="replace"))
        if self.kind == "link":
            return f"link to {excerpt(os.fsdecode(self.content), 4096)}\n"
        return "" if self.kind == "absent" else f"{self.kind}\n"


def open_without_following(path: str, flags: int) -> int:
    """Open ``path`` without following a link, and without waiting for a writer to a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
