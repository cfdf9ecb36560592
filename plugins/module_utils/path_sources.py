"""Find the projects and archives of a source that its dependencies are installed from.

They decide what an environment is made of, like the files that name them.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils import requirements_files
from ansible_collections.subsite.deploy.plugins.module_utils.project import Project, read_toml
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz")
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")

JSON = "Pipfile.lock"
TABLES = ("project", "dependency-groups", "build-system")
TOOLS = ("uv", "poetry", "pdm")
"""Tables of a pyproject.toml that name dependencies."""

HOOKS = (("hatch", "custom"), ("pdm", "custom-hook"), ("poetry", "script"))
"""Names of settings of tools for code of the project that a build runs."""


def of_requirements(source: Source, texts: dict[str, str]) -> set[str]:
    """Return the paths that requirements files name, and those that these projects name."""
    found = {
        path
        for name, text in texts.items()
        for path in requirements_files.paths(source, name, text)
    }
    return found | of_projects(source, found)


def of_project(source: Source, directory: str) -> set[str]:
    """Return the paths that the project in ``directory`` names, also through other projects."""
    return of_projects(source, {directory}) - {directory}


def of_projects(source: Source, directories: set[str]) -> set[str]:
    """Return the paths that the projects in ``directories`` name, also through others."""
    found: set[str] = set()
    waiting = [*directories]
    while waiting:
        directory = waiting.pop()
        if source.is_directory(directory):
            named = set(_of_pyproject(source, directory)) - found
            found |= named
            waiting += named
    return found


def beside(source: Source, directories: set[str]) -> set[str]:
    """Return what the projects in ``directories`` include from elsewhere in the source."""
    return {
        path
        for directory in directories
        for text in _texts(_project(source, directory).pyproject, keys=True)
        if text.startswith("../")
        for path in requirements_files.local_paths(text.partition("*")[0], [directory])
        if source.is_file(path) or source.is_directory(path)
    }


def runs_code(source: Source, directory: str) -> bool:
    """Return whether the build of the project in ``directory`` runs code of the project."""
    project = _project(source, directory)
    return (
        project.has_setup
        or "backend-path" in project.pyproject.get("build-system", {})
        or any(hook in _texts(project.tools.get(tool), keys=True) for tool, hook in HOOKS)
    )


def of_lock(source: Source, name: str) -> set[str]:
    """Return the paths that the lock or the Pipfile ``name`` has."""
    content = read_json(name, source) if name.endswith(JSON) else read_toml(name, source)
    return {
        path
        for text in _texts(content, left_out="virtual")
        for path in _paths(source, text, os.path.dirname(name))
    }


def read_json(name: str, source: Source) -> Any:
    """Return the content of the JSON file ``name``.

    :raises BuildError: when it is not valid.
    """
    try:
        return json.loads(source.text(name) or "{}")
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{name} is not valid JSON: {error}") from error


def _of_pyproject(source: Source, directory: str) -> Iterator[str]:
    project = _project(source, directory)
    declared = [project.pyproject.get(table) for table in TABLES]
    declared += [project.tools.get(tool) for tool in TOOLS]
    for text in _texts(declared):
        yield from _paths(source, text, directory)
    for pattern in project.tools.get("uv", {}).get("workspace", {}).get("members", []):
        below = f"{directory}/{pattern}"
        if not source.is_inside(os.path.normpath(below.partition("*")[0])):
            continue
        for member in glob.glob(below, root_dir=source.path, recursive=True):
            if path := _installable(source, os.path.normpath(member)):
                yield path


def _texts(value: Any, left_out: str = "", keys: bool = False) -> Iterator[str]:
    """Yield the texts in ``value``, without the values of the key ``left_out``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if keys:
                yield name
            if name != left_out:
                yield from _texts(inner, left_out, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, left_out, keys)


def _project(source: Source, directory: str) -> Project:
    return Project(source, "" if directory == "." else directory)


def _paths(source: Source, text: str, directory: str) -> Iterator[str]:
    """Yield the path that ``text`` has: ``libs/x``, or ``x @ file:libs/x``."""
    word = text.rpartition("@")[2].partition(";")[0].strip()
    for path in requirements_files.local_paths(word, [directory]):
        if path := _installable(source, path):
            yield path


def _installable(source: Source, path: str) -> str:
    """Return ``path`` if an installer can install it from the source, and else nothing."""
    if path.endswith(ARCHIVES):
        return path if source.is_file(path) else ""
    is_project = any(source.is_file(os.path.join(path, name)) for name in PROJECT_FILES)
    return path if is_project else ""
