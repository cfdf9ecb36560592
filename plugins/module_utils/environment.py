"""Fill the environment of a release with what its source depends on.

This runs tools and build scripts that the source names, as the user of builds (see
:mod:`installer`).
"""

from __future__ import annotations

import copy
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils import (
    locks,
    pylock,
    requirements_files,
)
from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.installer import Pip
from ansible_collections.subsite.deploy.plugins.module_utils.project import (
    parse_toml,
    read_toml,
)
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

TOOL_SETTINGS = {
    "PDM_CHECK_UPDATE": "0",
    "PIPENV_IGNORE_VIRTUALENVS": "1",
    "PIPENV_NOSPIN": "1",
    "POETRY_NO_INTERACTION": "1",
    "POETRY_VIRTUALENVS_CREATE": "0",
}
LOCKED_SETTINGS = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_PRERELEASE")
"""Settings of uv that a lock has, too."""

INDEX_OPTION = re.compile(r"(-i|--index-url|--extra-index-url)[\s=]")

Run = Callable[..., str]
"""Runs a command of a tool with more options, in the directory ``cwd``."""


class Filling:
    """An environment that is filled."""

    def __init__(self, installer: Pip, environment: Path, dependencies: Dependencies) -> None:
        """Prepare to fill ``environment``."""
        self.installer = installer
        self.environment = environment
        self.dependencies = dependencies
        self.source = dependencies.source

    def fill(self, requirements: list[str]) -> None:
        """Make the environment with the dependencies of the source, and then ``requirements``.

        :raises BuildError: when something cannot be installed.
        """
        dependencies = self.dependencies
        self.installer.create(self.environment)
        install_more = self.installer.install_beside
        with scratch(self.source) as tree:
            directory = tree / self.source.project
            if dependencies.requirements_files:
                self._install_files(tree, directory)
                if dependencies.demands_hashes:
                    install_more = self.installer.require_hashed
            elif dependencies.tool:
                self._install_exported(dependencies.tool, tree, directory)
            elif dependencies.standard_lock:
                self._install_standard(tree, directory)
            else:
                install_more = self.installer.install
                if dependencies.project.declares:
                    self.installer.install_dependencies(
                        self.environment, dependencies.project, self.source.choice, directory
                    )
        if requirements:
            install_more(self.environment, *requirements)

    def _install_files(self, tree: Path, directory: Path) -> None:
        """Install the requirements files, which ``tree`` gets as all installers read them."""
        for name, text in self.dependencies.requirements.items():
            copied = tree / name
            copied.unlink()  # it may be a link
            copied.write_text(requirements_files.as_installed(text), encoding="utf-8")
        options = [
            f"--requirement={os.path.relpath(tree / name, directory)}"
            for name in self.dependencies.requirements_files
        ]
        options += self.installer.options_of(self.dependencies.requirements.values())
        installer = self.installer
        if self.dependencies.demands_hashes:
            installer = installer.of_hashed()
            installer.ignore_choices(tree, directory)
            options.append("--require-hashes")
        installer.install(self.environment, *options, cwd=directory)

    def _install_exported(self, tool: locks.Tool, tree: Path, directory: Path) -> None:
        """Install what ``tool`` exports, after it has checked its lock, or has made one."""
        choice = self.source.choice
        with self._commands(tool) as run:
            if not self.dependencies.lock:
                run(tool.resolve, cwd=directory)
            elif not (tool.check_builds and self.dependencies.project.computes):
                self._check(tool, run, directory)
            text = run(tool.export, *tool.options(choice.extras, choice.groups), cwd=directory)
        if tool.standard:
            lock = parse_toml(f"the export of {tool.lock}", text)
            if self.dependencies.lock:
                self._take_hashes_of_lock(lock.get("packages", []))
            lines = pylock.requirements(lock, choice.extras, choice.groups)
        else:
            lines = requirements_files.lines(text)
        root = tree / locks.root_of(tool, self.source)
        indexes = self._indexes(tool, root) if tool.indexes else []
        self._install_locked([*indexes, *lines], tree, root)

    def _install_standard(self, tree: Path, directory: Path) -> None:
        choice = self.source.choice
        lock = read_toml(self.dependencies.standard_lock, self.source)
        lines = pylock.requirements(lock, choice.extras, choice.groups)
        self._install_locked(lines, tree, directory)

    def _install_locked(self, lines: Iterable[str], tree: Path, directory: Path) -> None:
        """Install the packages of a lock: one line each, after the options that they need.

        Paths among them start from ``directory``, which is in ``tree``.
        Packages without a hash are directories of the source, and commits.
        """
        options, hashed, others = [], [], []
        host_has_index = self.installer.has_index(self.environment)
        for line in map(requirements_files.as_copy, lines):
            if requirements_files.HASH.search(line):
                hashed.append(line)
            elif not line.startswith("-"):
                others.append(line)
            elif not (host_has_index and INDEX_OPTION.match(line)):
                options.append(line)
        of_hashed = self.installer.of_hashed()
        of_hashed.ignore_choices(tree, directory)
        # Each package has one version and its hashes, whichever index has it.
        of_hashed.environ["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        for installer, packages, how in (
            (of_hashed, hashed, ["--require-hashes"]),
            (self.installer, others, []),
        ):
            if packages:
                with tempfile.NamedTemporaryFile("w", dir=directory, suffix=".txt") as file:
                    file.write("\n".join([*options, *packages, ""]))
                    file.flush()
                    name = os.path.basename(file.name)
                    arguments = ["--no-deps", f"--requirement={name}", *how]
                    installer.install(self.environment, *arguments, cwd=directory)

    def _take_hashes_of_lock(self, exported: list[dict]) -> None:
        """Give packages that pdm has exported the hashes of its lock: it exports an index's."""
        locked = read_toml(self.dependencies.lock, self.source).get("package", [])
        files = {(package["name"], package["version"]): package.get("files") for package in locked}
        for package in exported:
            if found := files.get((package["name"], package.get("version"))):
                hashes = (file["hash"].split(":", 1) for file in found)
                package["wheels"] = [{"hashes": {kind: digest}} for kind, digest in hashes]
                package.pop("sdist", None)

    def _indexes(self, tool: locks.Tool, root: Path) -> Iterator[str]:
        """Yield the indexes that ``tool`` has for the project, as options of an installer.

        An explicit index of uv is only for the packages that name it.

        :param root: the directory of the lock.
        """
        lock = parse_toml(tool.lock, (root / tool.lock).read_text(encoding="utf-8"))
        sources = [package.get("source", {}) for package in lock.get("package", [])]
        used = {_place(source.get("registry", "")) for source in sources}
        above = os.path.join(locks.root_of(tool, self.source), "pyproject.toml")
        below = self.dependencies.project.path("pyproject.toml")
        for name in sorted({below, os.path.normpath(above)}):
            settings = read_toml(name, self.source).get("tool", {}).get(tool.name, {})
            for index in settings.get(tool.indexes, []):
                if index.get("explicit", False) and _place(index["url"]) not in used:
                    continue
                yield f"--extra-index-url {index['url']}"

    def _check(self, tool: locks.Tool, run: Run, directory: Path) -> None:
        """Check that the lock of ``tool`` matches the project.

        :raises BuildError: when it does not.
        """
        try:
            run(tool.check, cwd=directory)
        except BuildError as error:
            if tool.check_names_lock and tool.lock not in str(error):
                return  # it has found something else
            raise BuildError(
                f"{self.dependencies.lock} does not match {tool.declared_in}, or cannot be "
                f"checked. Run '{tool.name} {tool.resolve}', and commit {tool.lock}.\n{error}"
            ) from error

    @contextmanager
    def _commands(self, tool: locks.Tool) -> Iterator[Run]:
        """Yield a function that runs commands of ``tool``, which is installed for this."""
        runner = self.installer.uncached()
        runner.environ |= TOOL_SETTINGS | {"PIPENV_PYTHON": runner.python}
        with tempfile.TemporaryDirectory(prefix="wsgi-tool-") as home:
            runner.environ["HOME"] = home
            if tool.packages:
                environment = Path(home, "environment")
                runner.create(environment)
                runner.install(environment, *tool.packages)
                program = [f"{environment}/bin/python", "-m", tool.name]
            else:
                program = [f"{runner.tool}/bin/{tool.name}"]
                runner.environ["UV_PYTHON"] = runner.python
            of_lock = copy.copy(runner)
            # With other settings, uv would take a lock for outdated.
            of_lock.environ = {
                name: value for name, value in runner.environ.items() if name not in LOCKED_SETTINGS
            }

            def run(command: str, *options: str, cwd: Path) -> str:
                chosen = of_lock if self.dependencies.lock else runner
                return chosen.run(*program, *command.split(), *options, cwd=cwd)

            yield run


def _place(index: str) -> tuple[str, str]:
    """Return where an index is, without what a lock leaves out of its URL."""
    parts = urlsplit(index)
    return parts.netloc.rpartition("@")[2], os.path.normpath(parts.path)


@contextmanager
def scratch(source: Source) -> Iterator[Path]:
    """Yield a temporary copy of ``source``: build backends write into it."""
    with tempfile.TemporaryDirectory(prefix="wsgi-release-") as directory:
        tree = Path(directory, "source")
        if source.path.exists():
            shutil.copytree(source.path, tree, symlinks=True)
        else:
            tree.mkdir()
        yield tree


def install_project(installer: Pip, environment: Path, source: Source, lib: Path) -> None:
    """Install the project of ``source`` into ``lib``, without its dependencies."""
    with scratch(source) as tree:
        options = ("--no-deps", "--target", str(lib), "--upgrade")
        installer.install(environment, *options, str(tree / source.project))
