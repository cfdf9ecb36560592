"""Decide which files of a source say what its environment has, and what the environment depends on.

One file decides: the first that the source has of the requirements files that the user has chosen,
a lock, requirements.txt, a file that only its tool can read, and pyproject.toml or setup.py.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cached_property

from ansible_collections.subsite.deploy.plugins.module_utils import (
    locks,
    path_sources,
    python_versions,
    requirements_files,
)
from ansible_collections.subsite.deploy.plugins.module_utils.project import (
    Project,
    normalized,
    read_toml,
)
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

REQUIREMENTS = "requirements.txt"
OTHERS = (*(tool.lock for tool in locks.TOOLS), locks.STANDARD, REQUIREMENTS, "Pipfile")
"""Files that decide elsewhere, or if no other file does."""


def find_project(source: Source) -> str:
    """Return the directory of the project that the app belongs to.

    It is that of the app, or the nearest one above it that says what is installed, where uv,
    Poetry, pdm and Pipenv look for it, too. The paths of requirements files that the user has
    chosen begin at the app.

    :raises BuildError: when a pyproject.toml cannot be read.
    """
    directory = start = os.path.normpath(source.choice.directory)
    if source.choice.requirements or not source.is_directory(start):
        return source.choice.directory
    while not _declares(source, directory):
        if directory == ".":
            return source.choice.directory
        directory = os.path.dirname(directory) or "."
    return source.choice.directory if directory == start else directory


def _declares(source: Source, directory: str) -> bool:
    """Return whether a file in ``directory`` says what is installed."""
    if any(source.is_file(os.path.normpath(os.path.join(directory, name))) for name in OTHERS):
        return True
    project = Project(source, directory)
    return project.declares is not None or "dependencies" in project.tools.get("poetry", {})


class Dependencies:
    """What decides which packages the environment of a source has."""

    def __init__(self, source: Source) -> None:
        """Prepare to read the files of ``source``."""
        self.given = source
        self.choice = source.choice

    @cached_property
    def source(self) -> Source:
        """The source, with the directory of its project."""
        return Source(self.given.path, self.choice, find_project(self.given))

    @cached_property
    def project(self) -> Project:
        """The project that the app belongs to."""
        return Project(self.source, self.source.project)

    @cached_property
    def tool(self) -> locks.Tool | None:
        """The tool that exports what is installed, if its lock or its project decides."""
        if self.choice.requirements:
            return None
        if found := locks.tool_with_lock(self.source):
            return found[0]
        if self.standard_lock or self._has_requirements:
            return None
        return locks.tool_without_lock(self.source, self.project)

    @cached_property
    def lock(self) -> str:
        """The path of the lock of :attr:`tool`; empty if it has none."""
        return locks.lock_of(self.tool, self.source) if self.tool else ""

    @cached_property
    def standard_lock(self) -> str:
        """The path of a pylock.toml that decides; empty if there is none."""
        name = self.source.of_project(locks.STANDARD)
        is_other = self.choice.requirements or locks.tool_with_lock(self.source)
        return "" if is_other or self.source.content(name) is None else name

    @cached_property
    def requirements(self) -> dict[str, str]:
        """The text of each requirements file that decides, or that such a file includes, by path.

        :raises BuildError: when one cannot be used.
        """
        return requirements_files.read(self.source, self.requirements_files)

    @cached_property
    def requirements_files(self) -> list[str]:
        """The paths of the requirements files that decide.

        :raises BuildError: when the source does not have one that the user has chosen.
        """
        chosen = [self.source.of_project(name) for name in self.choice.requirements]
        for name in chosen:
            if self.source.content(name) is None:
                raise BuildError(
                    f"wsgi_app_source.requirements has {name!r}, but the source has no such file."
                )
        if chosen or self.tool or self.standard_lock or not self._has_requirements:
            return chosen
        return [self.source.of_project(REQUIREMENTS)]

    @property
    def _has_requirements(self) -> bool:
        return self.source.content(self.source.of_project(REQUIREMENTS)) is not None

    @property
    def demands_hashes(self) -> bool:
        """Whether the requirements files have hashes, so that everything must have one."""
        return requirements_files.has_hashes(self.requirements.values())

    @property
    def decided_by(self) -> list[str]:
        """The paths of the files that decide."""
        if self.requirements_files:
            return self.requirements_files
        if self.tool:
            return [self.lock or self.source.of_project(self.tool.declared_in)]
        if self.standard_lock:
            return [self.standard_lock]
        return [self.project.path(self.project.declares)] if self.project.declares else []

    @property
    def come_from_build(self) -> bool:
        """Whether only a build of the project can find the dependencies."""
        return self._decides_project and self.project.computes

    @property
    def _decides_project(self) -> bool:
        decided = (self.requirements_files, self.tool, self.standard_lock)
        return not any(decided) and self.project.declares is not None

    @property
    def needs_build(self) -> bool:
        """Whether a project that cannot be built is an error.

        With requirements files, or a list in pyproject.toml, people may never build the project.
        """
        return self.come_from_build or bool(self.tool and self.lock)

    def needs_uv(self, installer: str) -> bool:
        """Return whether uv is used, if ``installer`` is the user's choice."""
        return installer == "uv" or (self.tool is not None and self.tool.name == "uv")

    def recipe(self) -> dict[str, str]:
        """Return the digests of all files that decide what is installed, by path.

        These are the files that declare it, and what they install from the source; or all files if
        any of them can change the result.
        """
        sources = self._path_sources()
        if self.come_from_build or any(map(self._can_read_all, sources)):
            return self.source.digests()
        found = {
            name: hashlib.sha256(self.source.content(name) or b"").hexdigest()
            for name in self._declarations()
        }
        for path in sorted(sources):
            found |= self.source.digests(path)
        return found

    def _declarations(self) -> Iterator[str]:
        """Yield the paths of files that have a say in what is installed."""
        names = [self.project.path(name) for name in ("pyproject.toml", "setup.py", "setup.cfg")]
        lock = self.lock or self.standard_lock
        above = os.path.normpath(os.path.join(self._root, "pyproject.toml"))
        more = [self.source.of_project(name) for name in ("Pipfile", ".python-version")]
        for name in dict.fromkeys([*names, *more, above, *self.requirements, lock]):
            if name and self.source.content(name) is not None:
                yield name

    @property
    def _root(self) -> str:
        """The directory of the workspace, or of the project."""
        return locks.root_of(self.tool, self.source) if self.tool else self.source.of_project("")

    def _path_sources(self) -> set[str]:
        """Return what is installed from the source itself, as paths."""
        directory = self.source.of_project("")
        found = path_sources.of_requirements(self.source, self.requirements)
        named = path_sources.of_projects(self.source, {directory, self._root})
        for name in self.decided_by if self.tool or self.standard_lock else []:
            of_lock = path_sources.of_lock(self.source, name)
            named |= of_lock | path_sources.of_projects(self.source, of_lock)
        found |= named - {directory}
        return found | path_sources.beside(self.source, found)

    def _can_read_all(self, path: str) -> bool:
        """Return whether what is built at ``path`` is all of the source, or code that reads it."""
        return path == "." or path_sources.runs_code(self.source, path)

    def refuse(self) -> None:
        """Refuse what a build could not do.

        :raises BuildError: when a file cannot be read, or the file that decides has no extras or
            groups, but some are chosen.
        """
        self.given.app_dir  # noqa: B018
        self.requirements  # noqa: B018
        for option, in_lock in (("extras", "extras"), ("groups", "dependency-groups")):
            self._refuse_choice(option, in_lock, getattr(self.choice, option))

    def _refuse_choice(self, option: str, in_lock: str, chosen: list[str]) -> None:
        """Refuse extras or groups that the file that decides does not have, and its tool ignores.

        :param in_lock: the name of their list in a standard lock.
        """
        no_groups = self.tool.no_groups if self.tool else ()
        has_none = self.requirements_files or not self.decided_by
        if chosen and (has_none or (no_groups and option == "extras")):
            files = ", ".join(self.decided_by)
            place = self.tool.declared_in if self.tool else files or "a requirements file"
            raise BuildError(
                f"wsgi_app_source.{option} is {chosen!r}, but {files or 'no file'} decides what is "
                f"installed, which has no {option}: remove it, or add what they name to {place}."
            )
        if self.standard_lock:
            declared = read_toml(self.standard_lock, self.source).get(in_lock, [])
            in_file = {normalized(name): name for name in declared}
            for name in chosen:
                self.project.refuse_unknown(option, name, in_file, self.standard_lock)
        elif self.tool and no_groups:
            self._refuse_tables(self.source.of_project(self.tool.declared_in), no_groups)
        elif self.tool:
            self.project.refuse_undeclared(option, chosen)
            if self.tool.lists_groups:
                self._refuse_unlocked(self.tool, option, chosen)

    def _refuse_unlocked(self, tool: locks.Tool, option: str, chosen: list[str]) -> None:
        """Refuse extras or groups that the lock of ``tool`` does not have."""
        locked = read_toml(self.lock, self.source).get("metadata", {}).get("groups", chosen)
        for name in chosen:
            if normalized(name) not in map(normalized, locked):
                raise BuildError(
                    f"wsgi_app_source.{option} has {name!r}, but {self.lock} was made without it; "
                    f"it has: {', '.join(locked)}. Run '{tool.name} {tool.resolve} --group :all', "
                    f"and commit {tool.lock}."
                )

    def _refuse_tables(self, name: str, no_groups: tuple[str, ...]) -> None:
        """Refuse groups that are no tables of the file ``name``."""
        tables = read_toml(name, self.source).keys() - set(no_groups)
        for group in self.choice.groups:
            if group not in tables:
                raise BuildError(
                    f"wsgi_app_source.groups has {group!r}, but {name} has no such table; it has: "
                    f"{', '.join(sorted(tables)) or 'none'}."
                )

    def refuse_python(self, version: tuple[int, ...], place: str) -> None:
        """Refuse an interpreter that the project does not allow.

        :param version: as ``(3, 13, 5)``.
        :param place: the variable that chooses it, and its value.
        :raises BuildError: when it does not allow it.
        """
        for where, wanted in self._required_pythons():
            if not python_versions.allows(wanted, version):
                raise BuildError(
                    f"{where} is {wanted!r}, but {place} is Python "
                    f"{'.'.join(map(str, version))}: choose another interpreter there."
                )

    def _required_pythons(self) -> Iterator[tuple[str, str]]:
        yield from self.project.required_pythons()
        for name in (self.lock, self.standard_lock):
            if name.endswith(("uv.lock", locks.STANDARD)):
                wanted = read_toml(name, self.source).get("requires-python")
                if isinstance(wanted, str):
                    yield f"requires-python in {name}", wanted

    def notes(self) -> Iterator[str]:
        """Yield which files of other tools the source has, if they are not read."""
        unread = [
            name
            for name in OTHERS
            if self.source.is_file(self.source.of_project(name))
            and self.source.of_project(name) not in self.decided_by
            and not (self.tool and name == self.tool.declared_in)
        ]
        if unread and self.decided_by and not self.choice.requirements:
            yield (
                f"{', '.join(self.decided_by)} decides what is installed; "
                f"{', '.join(unread)} is not read. To choose, write "
                "wsgi_app_source.requirements, or remove the other file."
            )

    def python_notes(self, version: tuple[int, ...]) -> Iterator[str]:
        """Yield which other versions of Python the source names, where they are not read."""
        for where, wanted in self._other_pythons():
            if not python_versions.allows(f"=={wanted}.*", version):
                yield (
                    f"{where} has Python {wanted}, which is not read: the environment has Python "
                    f"{'.'.join(map(str, version))}."
                )

    def _other_pythons(self) -> Iterator[tuple[str, str]]:
        for file, prefix in ((".python-version", ""), ("runtime.txt", "python-")):
            name = self.source.of_project(file)
            first = next(iter((self.source.text(name) or "").split()), "")
            wanted = first.removeprefix(prefix)
            if wanted.replace(".", "").isdigit():
                yield name, wanted
        name = self.source.of_project("Pipfile")
        required = read_toml(name, self.source).get("requires", {}).get("python_version")
        if isinstance(required, str) and required.replace(".", "").isdigit():
            yield name, required
