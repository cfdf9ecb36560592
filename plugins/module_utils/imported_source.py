"""Build the project of a release, whose modules are imported from its source directory.

So templates, other data and ``instance`` are where a developer has them, also if a wheel would not
have them. The built project only adds what the source lacks: its metadata, its commands, and
modules that the build has made.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.environment import install_project
from ansible_collections.subsite.deploy.plugins.module_utils.installer import Pip
from ansible_collections.subsite.deploy.plugins.module_utils.project import Project
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

BYTECODE = "__pycache__"
NO_PACKAGES = (BYTECODE, "bin")
"""Names in ``lib`` that are no packages."""

LINES = 15
"""How many lines of a failed build are shown."""

NOTE = (
    "The project could not be built, so the release has its modules, but not its metadata and "
    "commands. If it is no package, say so in pyproject.toml: package = false below [tool.uv]. "
    "The build said:\n{}"
)


def import_roots(dependencies: Dependencies) -> list[Path]:
    """Return the directories of the source that modules are imported from."""
    source = dependencies.source
    has_src = Project(source, source.choice.directory).has_src
    return [source.app_dir, *([source.app_dir / "src"] if has_src else [])]


def build(installer: Pip, environment: Path, dependencies: Dependencies, lib: Path) -> list[str]:
    """Install the project into an empty ``lib``, and leave there what the source lacks.

    :returns: what the user should know.
    :raises BuildError: when it cannot be built, and its dependencies need a build.
    """
    lib.mkdir(exist_ok=True)
    try:
        install_project(installer, environment, dependencies.source, lib)
    except BuildError as error:
        if dependencies.needs_build:
            raise
        for path in lib.iterdir():
            _remove(path)
        return [NOTE.format("\n".join(str(error).splitlines()[-LINES:]))]
    leave_generated(lib, import_roots(dependencies))
    return []


def leave_generated(lib: Path, roots: list[Path]) -> None:
    """Remove from ``lib`` the files that packages in ``roots`` have, too."""
    for root in roots:
        for path in _in_both(lib, root):
            _remove_copies(path, root / path.name)


def place(lib: Path, roots: list[Path], gid: int = -1) -> None:
    """Move what the build has made for packages of the source from ``lib`` to these packages.

    Group ``gid`` can read it.

    :raises BuildError: when it has links, which would lead elsewhere from there.
    """
    for root in roots:
        for built in _in_both(lib, root):
            for directory, directories, files in os.walk(built):
                target = root / Path(directory).relative_to(lib)
                if not target.is_dir():
                    target.mkdir(mode=0o750)
                    os.chown(target, -1, gid)
                for name in (*directories, *files):
                    path = Path(directory, name)
                    if path.is_symlink():
                        raise BuildError(f"The build of the project has made a link, {name!r}.")
                    if name in files and not (target / name).exists():
                        path.rename(target / name)
            shutil.rmtree(built)


def _in_both(lib: Path, root: Path) -> Iterator[Path]:
    """Yield the packages and modules in ``lib`` that ``root`` has, too."""
    for path in sorted(lib.iterdir()):
        original = root / path.name
        if (
            path.name not in NO_PACKAGES
            and original.exists()
            and original.is_dir() == path.is_dir()
        ):
            yield path


def _remove_copies(built: Path, original: Path) -> None:
    """Remove from ``built`` what ``original`` has, bytecode, and then empty directories."""
    if built.is_dir() and original.is_dir():
        for path in [*built.iterdir()]:
            if path.name == BYTECODE:
                _remove(path)
            else:
                _remove_copies(path, original / path.name)
        if not any(built.iterdir()):
            built.rmdir()
    elif original.exists():
        _remove(built)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
