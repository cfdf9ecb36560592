"""What a project says of itself, in pyproject.toml, setup.cfg and setup.py."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

TABLES = ("project", "build-system", "dependency-groups", "tool")
TOOLS = ("uv", "poetry", "pdm")
"""Tables of a pyproject.toml that are read, and those of them that tools have."""


class Files(Protocol):
    """Files of a source, on the disk or in a commit. Paths are relative to the source."""

    def text(self, name: str) -> str | None:
        """Return the text of a file, or None."""

    def names_in(self, name: str) -> list[str]:
        """Return the names in a directory, which may be missing."""


class Project:
    """The project in one directory of a source."""

    def __init__(self, files: Files, directory: str = "") -> None:
        """Prepare to read the project in ``directory``."""
        self.files = files
        self.directory = directory

    def path(self, name: str) -> str:
        """Return the path of the file ``name`` in the source."""
        return f"{self.directory}/{name}" if self.directory not in ("", ".") else name

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """The content of ``pyproject.toml``.

        :raises BuildError: when it cannot be read.
        """
        name = self.path("pyproject.toml")
        found = read_toml(name, self.files)
        for table in TABLES:
            if not isinstance(found.get(table, {}), dict):
                raise BuildError(f"{name} has {table!r}, which is no table.")
        for tool, settings in found.get("tool", {}).items():
            if tool in TOOLS and not isinstance(settings, dict):
                raise BuildError(f"{name} has 'tool.{tool}', which is no table.")
        return found

    @property
    def tools(self) -> dict[str, Any]:
        """The settings of tools."""
        return self.pyproject.get("tool", {})

    @cached_property
    def has_setup(self) -> bool:
        """Whether there is a setup.py."""
        return self.files.text(self.path("setup.py")) is not None

    @property
    def is_package(self) -> bool:
        """Whether the project does not say that it is none."""
        return (
            self.tools.get("uv", {}).get("package", True) is not False
            and self.tools.get("poetry", {}).get("package-mode", True) is not False
            and self.tools.get("pdm", {}).get("distribution", True) is not False
        )

    @property
    def builds(self) -> bool:
        """Whether the project can be installed, and is not only a directory of modules."""
        packaged = self.tools.get("uv", {}).get("package") is True
        declared = self.has_setup or "build-system" in self.pyproject or packaged
        return self.is_package and declared

    @property
    def declares(self) -> str | None:
        """The file that declares the dependencies."""
        if "project" in self.pyproject or (self.builds and "build-system" in self.pyproject):
            return "pyproject.toml"
        return "setup.py" if self.has_setup else None

    @property
    def computes(self) -> bool:
        """Whether only a build can find the dependencies."""
        if "project" not in self.pyproject:
            return self.builds
        dynamic = self.pyproject["project"].get("dynamic", [])
        return not {"dependencies", "optional-dependencies"}.isdisjoint(dynamic)

    def dependencies(self, extras: list[str], groups: list[str]) -> list[str]:
        """Return the dependencies in pyproject.toml, with those of ``extras`` and ``groups``.

        :raises BuildError: when only a build can find them, or there is no such extra or group.
        """
        project = self.pyproject.get("project", {})
        if "dependencies" in project.get("dynamic", []):
            raise BuildError(
                f"{self.path('pyproject.toml')} has 'dependencies' in dynamic, but no "
                "[build-system] to find them: add a [build-system], or list them as dependencies "
                "of [project]."
            )
        optional = _normalized(project.get("optional-dependencies", {}))
        found = [*project.get("dependencies", [])]
        for extra in extras:
            self.refuse_unknown("extras", extra, optional)
            found += optional[normalized(extra)]
        return found + self.grouped(groups)

    def grouped(self, groups: list[str]) -> list[str]:
        """Return the requirements of dependency groups (PEP 735).

        :raises BuildError: when there is no such group.
        """
        declared = _normalized(self.pyproject.get("dependency-groups", {}))
        found: list[str] = []
        waiting, seen = [*groups], set()
        while waiting:
            group = normalized(waiting.pop(0))
            self.refuse_unknown("groups", group, declared)
            for entry in () if group in seen else declared[group]:
                if isinstance(entry, dict):
                    waiting.append(entry.get("include-group", ""))
                else:
                    found.append(entry)
            seen.add(group)
        return found

    def refuse_undeclared(self, option: str, chosen: list[str]) -> None:
        """Refuse extras or groups that the project declares neither as standard nor for a tool.

        :param option: ``extras`` or ``groups``.
        :raises BuildError: when there is no such extra or group.
        """
        project = self.pyproject.get("project", {})
        if option == "extras" and "optional-dependencies" in project.get("dynamic", []):
            return  # only a build can find them
        poetry, pdm, uv = (self.tools.get(name, {}) for name in ("poetry", "pdm", "uv"))
        tables = {
            "extras": [project.get("optional-dependencies", {}), poetry.get("extras", {})],
            "groups": [
                self.pyproject.get("dependency-groups", {}),
                poetry.get("group", {}),
                pdm.get("dev-dependencies", {}),
                *({"dev": tool} for tool in (poetry, uv) if "dev-dependencies" in tool),
            ],
        }
        declared = _normalized({name: "" for table in tables[option] for name in table})
        for name in chosen:
            self.refuse_unknown(option, name, declared)

    def refuse_unknown(
        self, option: str, name: str, declared: Mapping[str, object], file: str = ""
    ) -> None:
        """Refuse the extra or group ``name`` unless it is one of those that ``file`` declares."""
        if normalized(name) not in declared:
            names = ", ".join(sorted(declared)) or "none"
            raise BuildError(
                f"wsgi_app_source.{option} has {name!r}, but "
                f"{file or self.path('pyproject.toml')} has no such {option.removesuffix('s')}; "
                f"it has: {names}."
            )

    def required_pythons(self) -> Iterator[tuple[str, str]]:
        """Yield each requirement for the version of Python, after the place that has it."""
        place = self.path("pyproject.toml")
        if isinstance(found := self.pyproject.get("project", {}).get("requires-python"), str):
            yield f"requires-python in {place}", found
        poetry = self.tools.get("poetry", {}).get("dependencies", {}).get("python")
        if isinstance(poetry, str):
            yield f"python in {place}", poetry
        if text := self.files.text(self.path("setup.cfg")):
            config = configparser.RawConfigParser()
            try:
                config.read_string(text)
            except configparser.Error:
                return  # its build says what is wrong
            if found := config.get("options", "python_requires", fallback=""):
                yield f"python_requires in {self.path('setup.cfg')}", found

    @property
    def has_src(self) -> bool:
        """Whether the modules of the project are in its directory ``src``."""
        names = self.files.names_in(self.path("src"))
        return self.builds and bool(names) and "__init__.py" not in names


def read_toml(name: str, files: Files) -> dict[str, Any]:
    """Return the content of the TOML file ``name``; empty if it does not exist.

    :raises BuildError: when it is not valid.
    """
    return parse_toml(name, files.text(name) or "")


def parse_toml(name: str, text: str) -> dict[str, Any]:
    """Return the content of ``text``, which is called ``name``.

    :raises BuildError: when it is not valid.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BuildError(f"{name} is not valid TOML: {error}") from error


def _normalized(table: Mapping[str, Any]) -> dict[str, Any]:
    return {normalized(name): value for name, value in table.items()}


def normalized(name: str) -> str:
    """Return the name of a package, an extra or a group in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
