"""Read the dependencies that a source declares, without running its code."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import source_tree

DECLARATIONS = ("requirements.txt", "pyproject.toml", "setup.py", "setup.cfg")
"""Files of a source that can declare dependencies."""

INCLUDE = re.compile(r"(?:-[rc]|--(?:requirement|constraint)s?(?=[\s=]))[\s=]*(?P<path>.+)")
REMOTE = re.compile(r":/|[$][{]")
"""A path that pip downloads, or that it completes by an environment variable."""

HASH = re.compile(r"--hash[=\s]")
EDITABLE = re.compile(r"(?:-e|--editable(?=[\s=]))[\s=]*(?P<what>.+)")

SEPARATOR = re.compile(r"[\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Characters that end a line for pip (str.splitlines), but not for uv."""


class BuildError(Exception):
    """A release cannot be built; the message says why, or ends with a tool's output."""


class Source:
    """The source directory of a release, which may be missing."""

    def __init__(self, path: Path) -> None:
        """Prepare to read the source at ``path``."""
        self.path = path

    @cached_property
    def declarations(self) -> dict[str, str]:
        """The text of each file that declares dependencies, by path."""
        found = {name: self._text(name) for name in DECLARATIONS[1:]}
        return self.requirements | {name: text for name, text in found.items() if text is not None}

    @cached_property
    def requirements(self) -> dict[str, str]:
        """The text of requirements.txt and of each file that it includes, by path.

        :raises BuildError: when one is missing, or outside of the source, or pip and uv read it
            differently.
        """
        found: dict[str, str] = {}
        waiting = [DECLARATIONS[0]]
        while waiting:
            name = waiting.pop()
            text = None if name in found else self._text(name)
            if text is None:
                if found and name not in found and not REMOTE.search(name):
                    raise BuildError(
                        f"a requirements file includes {name!r}, which the source does not have: "
                        "add the file, or remove the line."
                    )
                continue
            if SEPARATOR.search(text):
                raise BuildError(
                    f"{name!r} has a character that ends a line for pip, but not for uv, such as a "
                    "form feed: remove it, or write a line break."
                )
            found[name] = text
            for line in _lines(text):
                if include := INCLUDE.match(line):
                    path = os.path.join(os.path.dirname(name), include["path"].strip("\"'"))
                    waiting.append(os.path.normpath(path))
        return found

    @cached_property
    def pyproject(self) -> dict:
        """The content of ``pyproject.toml``.

        :raises BuildError: when it cannot be read.
        """
        try:
            return tomllib.loads(self.declarations.get("pyproject.toml", ""))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BuildError(f"pyproject.toml is not valid TOML: {error}") from error

    @property
    def locks(self) -> bool:
        """Whether the source has a requirements.txt, which then decides what is installed."""
        return bool(self.requirements)

    @property
    def hashed(self) -> bool:
        """Whether requirements.txt, or a file that it includes, has hashes."""
        return any(HASH.search(text) for text in self.requirements.values())

    @property
    def declares(self) -> str | None:
        """The file that declares dependencies if there is no requirements.txt."""
        if not self.pyproject.keys().isdisjoint({"project", "build-system"}):
            return "pyproject.toml"
        return "setup.py" if "setup.py" in self.declarations else None

    @property
    def builds(self) -> bool:
        """Whether the source is a project to install, not only a directory of modules."""
        return "setup.py" in self.declarations or "build-system" in self.pyproject

    def recipe(self) -> dict[str, str]:
        """Return all that decides which dependencies are installed, by path.

        These are the files that declare them, or all files if any of them can change the result.
        """
        if self._takes_from_itself() if self.locks else self._computes():
            return {str(path.relative_to(self.path)): _content(path) for path in self._files()}
        return self.declarations

    def static_dependencies(self) -> list[str]:
        """Return the dependencies in the ``pyproject.toml`` of a project that is not built.

        :raises BuildError: when only a build can find them.
        """
        project = self.pyproject.get("project", {})
        if "dependencies" in project.get("dynamic", []):
            raise BuildError(
                "pyproject.toml has 'dependencies' in dynamic, but no [build-system] to find "
                "them: add a [build-system], or list them as dependencies of [project]."
            )
        return project.get("dependencies", [])

    def refuse_editables(self) -> None:
        """Refuse editable requirements: they would link to the directory of the build.

        :raises BuildError: when there is one.
        """
        for name, text in self.requirements.items():
            for line in _lines(text):
                if editable := EDITABLE.match(line):
                    raise BuildError(
                        f"{name!r} has {line!r}: an editable install links to the directory of the "
                        "build, which a release does not keep. Remove the -e: "
                        f"{editable['what']!r}."
                    )

    def _text(self, name: str) -> str | None:
        """Return the text of the file ``name``, or None if it does not exist.

        Root reads it and copies it to a place that the app can read. So it must be in the source.

        :raises BuildError: when it, or the target of a link, is outside of the source.
        """
        path = self.path / name
        inside = not os.path.isabs(name) and name.split("/")[0] != ".."
        if not inside or not Path(os.path.realpath(path)).is_relative_to(
            os.path.realpath(self.path)
        ):
            raise BuildError(
                f"{name!r} is outside of the source, or a link to a file outside: a source may "
                "only name its own files."
            )
        if not path.is_file():
            return None
        return path.read_text(encoding="utf-8", errors="surrogateescape")

    def _computes(self) -> bool:
        """Whether only a build can find the dependencies."""
        if "project" not in self.pyproject:
            return self.builds
        dynamic = self.pyproject["project"].get("dynamic", [])
        return not {"dependencies", "optional-dependencies"}.isdisjoint(dynamic)

    def _takes_from_itself(self) -> bool:
        """Whether a requirement is a path of the source, such as ``./libs/x`` or ``.[extra]``."""
        return any(
            self._names_a_path(line)
            for text in self.requirements.values()
            for line in _lines(text)
            if not INCLUDE.match(line)
        )

    def _names_a_path(self, line: str) -> bool:
        """Whether a word of ``line`` is a path of the source, not only a package's name."""
        for word in re.split(r"[\s=@;\[\],]+", line):
            path = self.path / word.removeprefix("file:")
            bare = "/" not in word and not word.startswith(".") and not line.startswith("-")
            if word and (path.is_file() or path.is_dir() and not bare):
                return True
        return False

    def _files(self) -> Iterator[Path]:
        return (
            path
            for path in source_tree.list_paths(self.path)
            if path.is_symlink() or path.is_file()
        )


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a requirements file without comments; a backslash joins two lines.

    A backslash at the end of a comment does not: pip may skip the next line, but uv reads it.
    """
    whole = ""
    for line in text.split("\n"):
        whole += re.sub(r"(^|\s)#.*", "", line)
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        if whole.strip():
            yield whole.strip()
        whole = ""
    if whole.strip():
        yield whole.strip()


def _content(path: Path) -> str:
    """Return the target of a link, or the digest of a file."""
    if path.is_symlink():
        return os.readlink(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
