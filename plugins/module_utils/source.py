"""The source directory of a release, which a committer has written. It is read without its code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import source_tree


class BuildError(Exception):
    """A release cannot be built; the message says why, or ends with a tool's output."""


@dataclass(frozen=True)
class Choice:
    """What a user has chosen of a source, as the options of ``wsgi_app_source``."""

    directory: str = ""
    """The directory of the app in the source."""
    requirements: list[str] = field(default_factory=list)
    """Requirements files, relative to this directory."""
    extras: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


OPTION = {
    "type": "dict",
    "default": {},
    "apply_defaults": True,
    "options": {
        "directory": {"type": "str", "default": ""},
        **{
            name: {"type": "list", "elements": "str", "default": []}
            for name in ("requirements", "extras", "groups")
        },
    },
}
"""The option C(choice) of a module."""


class Source:
    """The source directory of a release, which may be missing.

    Paths in it are texts without ``..``, relative to it.
    """

    def __init__(self, path: Path, choice: Choice = Choice(), project: str | None = None) -> None:
        """Prepare to read the source at ``path``.

        :param project: the directory of the project that the app belongs to, if it is another one
            than that of the app.
        """
        self.path = path
        self.choice = choice
        self.project = choice.directory if project is None else project

    @property
    def app_dir(self) -> Path:
        """The directory of the app.

        :raises BuildError: when the source does not have it.
        """
        name = self.choice.directory
        if name and not self.is_directory(name):
            raise BuildError(
                f"wsgi_app_source.directory is {name!r}, but the source has no such directory."
            )
        return self.path / name

    def beside(self, name: str, path: str) -> str:
        """Return ``path``, which the file ``name`` has, as a path of the source."""
        return os.path.normpath(os.path.join(os.path.dirname(name), path))

    def of_project(self, path: str) -> str:
        """Return ``path``, relative to the directory of the project, as a path of the source."""
        return os.path.normpath(os.path.join(self.project, path))

    def is_inside(self, name: str) -> bool:
        """Return whether ``name`` is in the source, and no link that leads out of it."""
        if os.path.isabs(name) or name.split("/")[0] == ".." or "\0" in name:
            return False
        landing = Path(os.path.realpath(self.path / name))
        return landing.is_relative_to(os.path.realpath(self.path))

    def is_directory(self, name: str) -> bool:
        """Return whether the source has a directory ``name``."""
        # A text of a lock may be too long for a path, which pathlib takes for an error.
        return self.is_inside(name) and os.path.isdir(self.path / name)

    def is_file(self, name: str) -> bool:
        """Return whether the source has a file ``name``."""
        return self.is_inside(name) and os.path.isfile(self.path / name)

    def names_in(self, name: str) -> list[str]:
        """Return the names in the directory ``name``, which may be missing."""
        return sorted(os.listdir(self.path / name)) if self.is_directory(name) else []

    def content(self, name: str) -> bytes | None:
        """Return the content of the file ``name``, or None if it does not exist.

        Root reads it and copies it to a place that the app can read. So it must be in the source.

        :raises BuildError: when it, or the target of a link, is outside of the source.
        """
        if not self.is_inside(name):
            raise BuildError(
                f"{name!r} is outside of the source, or a link to a file outside: a source may "
                "only name its own files. If it is a directory of a repository, give the whole "
                "repository as the source, and set wsgi_app_source.directory."
            )
        path = self.path / name
        return path.read_bytes() if path.is_file() else None

    def text(self, name: str) -> str | None:
        """Return the text of the file ``name`` in UTF-8, or None if it does not exist."""
        content = self.content(name)
        return None if content is None else content.decode("utf-8-sig", "surrogateescape")

    def digests(self, name: str = "") -> dict[str, str]:
        """Return the target of each link and the digest of each file below ``name``, by path.

        What links lead to is among them.
        """
        found: dict[str, str] = {}
        waiting, seen = [name], set()
        while waiting:
            name = waiting.pop()
            seen.add(name)
            for path in [self.path / name] if self.is_file(name) else self._paths_below(name):
                if path.is_symlink() or path.is_file():
                    found[str(path.relative_to(self.path))] = digest(path)
                landing = self.landing(path) if path.is_symlink() else None
                if landing is not None and landing not in seen:
                    waiting.append(landing)
        return found

    def _paths_below(self, name: str) -> Iterator[Path]:
        return source_tree.list_paths(self.path / name) if self.is_directory(name) else iter(())

    def landing(self, link: Path) -> str | None:
        """Return the path in the source that ``link`` leads to, or None if it leads to nothing."""
        name = os.path.relpath(os.path.realpath(link), os.path.realpath(self.path))
        return name if self.is_inside(name) and link.exists() else None


def digest(path: Path) -> str:
    """Return the target of a link, or the digest and the executable bit of a file."""
    if path.is_symlink():
        return os.readlink(path)
    digested = hashlib.sha256(b"x" if os.access(path, os.X_OK) else b"")
    with path.open("rb") as file:
        while part := file.read(2**20):
            digested.update(part)
    return digested.hexdigest()
