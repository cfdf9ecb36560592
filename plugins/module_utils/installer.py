"""Install packages into an environment with pip or uv.

This runs the dependencies' build scripts. So it must run in a sandbox: in the transient unit of a
build (:mod:`build_on_host`), or in a build stage of an image (:mod:`build_in_image`). Only
:func:`get_uv` runs as root.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    interpreter,
    pip_settings,
    uv_settings,
)
from ansible_collections.subsite.deploy.plugins.module_utils.file_lock import locked
from ansible_collections.subsite.deploy.plugins.module_utils.project import Project, normalized
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Choice

EXTRA = re.compile(r"extra\s*==\s*(['\"])(?P<name>[^'\"]+)\1")
ALWAYS = 'python_version >= "0"'
"""The part of a marker that asks for an extra, and one that is always true."""


class Pip:
    """Build with the standard library's venv, and pip."""

    def __init__(self, python: str, home: str, cache: str = "", tool: str = "") -> None:
        """Set up the environment variables of the installer.

        :param python: the interpreter of new environments.
        :param home: a home directory without a configuration file of an installer.
        :param cache: directory for downloads and built wheels; empty for none.
        :param tool: the environment of uv, for :class:`Uv`.
        """
        self.python = python
        self.home = home
        self.tool = Path(tool)
        self.environ = os.environ | {
            "HOME": home,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "UV_LINK_MODE": "copy",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }
        if cache:
            self.environ |= {"PIP_CACHE_DIR": f"{cache}/pip", "UV_CACHE_DIR": f"{cache}/uv"}
        else:
            self.environ |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """Run ``command`` in ``cwd`` and return its standard output.

        :raises BuildError: when it fails.
        """
        done = subprocess.run(
            command,
            check=False,
            cwd=cwd or self.home,
            env=self.environ,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            raise BuildError(f"{shlex.join(command)}\n{(done.stdout + done.stderr).strip()}")
        return done.stdout

    def create(self, environment: Path) -> None:
        """Make an empty environment."""
        self.run(self.python, "-m", "venv", str(environment))

    def install(self, environment: Path, *arguments: str, cwd: Path | None = None) -> None:
        """Install into ``environment``; paths among the ``arguments`` start from ``cwd``."""
        self._pip(environment, "install", "--progress-bar=off", *arguments, cwd=cwd)

    def options_of(self, texts: Iterable[str]) -> list[str]:
        """Return the options for what the installer does not read in requirements files."""
        return []

    def installed(self, environment: Path) -> str:
        """Return the packages in ``environment`` as pins, without those of a new environment."""
        seeds = ("--exclude=pip", "--exclude=setuptools", "--exclude=wheel")
        return self._pip(environment, "list", "--format=freeze", *seeds)

    def install_dependencies(
        self, environment: Path, project: Project, choice: Choice, directory: Path
    ) -> None:
        """Install the dependencies of a project in ``directory``, but not the project."""
        groups = project.grouped(choice.groups)
        if project.computes:
            found = self._computed(environment, choice.extras, directory) + groups
        else:
            found = project.dependencies(choice.extras, choice.groups)
        # There is no standard for a relative path. pdm and uv complete this variable.
        found = [requirement.replace("${PROJECT_ROOT}", str(directory)) for requirement in found]
        if found:
            self.install(environment, *found, cwd=directory)

    def install_beside(self, environment: Path, *requirements: str) -> None:
        """Install ``requirements`` without changing the versions of installed packages."""
        with tempfile.NamedTemporaryFile("w", prefix="wsgi-release-", suffix=".txt") as pins:
            pins.write(self.installed(environment))
            pins.flush()
            self.install(environment, "--constraint", pins.name, *requirements)

    def require_hashed(self, environment: Path, *requirements: str) -> None:
        """Check that the requirements files include all ``requirements``: others have no hashes.

        :raises BuildError: when they do not include one.
        """
        sources = ("PIP_FIND_LINKS", "UV_FIND_LINKS")
        alone = self.uncached()
        alone.environ = {
            **{name: value for name, value in alone.environ.items() if name not in sources},
            "PIP_CONFIG_FILE": os.devnull,
            "UV_NO_CONFIG": "1",
        }
        for requirement in requirements:
            try:
                alone.install(environment, "--no-index", "--no-deps", "--dry-run", requirement)
            except BuildError as error:
                name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
                raise BuildError(
                    f"The requirements file has hashes, but it does not include {requirement!r}, "
                    "which would be installed without a hash. Add it to the file with its hashes, "
                    f"for example: put {name!r} into requirements.in, then run pip-compile "
                    "--generate-hashes or uv pip compile --generate-hashes."
                ) from error

    def _computed(self, environment: Path, extras: list[str], directory: Path) -> list[str]:
        """Return the dependencies that a build of a project finds, also those of ``extras``."""
        dry = ("--quiet", "--dry-run", "--no-deps", "--report=-", ".")
        report = self._pip(environment, "install", *dry, cwd=directory)
        [project] = json.loads(report)["install"]
        provided = {normalized(extra) for extra in project["metadata"].get("provides_extra", [])}
        for extra in extras:
            if normalized(extra) not in provided:
                raise BuildError(
                    f"wsgi_app_source.extras has {extra!r}, but the project has no such extra; it "
                    f"has: {', '.join(sorted(provided)) or 'none'}."
                )
        chosen = {normalized(extra) for extra in extras}
        return [
            EXTRA.sub(
                lambda match: ALWAYS if normalized(match["name"]) in chosen else match[0],
                dependency,
            )
            for dependency in project["metadata"].get("requires_dist", [])
        ]

    def uncached(self) -> Pip:
        """Return the same installer without its cache, which an earlier build can have changed."""
        alone = copy.copy(self)
        alone.environ = self.environ | {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
        return alone

    def of_hashed(self) -> Pip:
        """Return the same installer for what has hashes: without its cache and constraints.

        uv refuses any constraint without a hash there, also one for another package.
        """
        alone = self.uncached()
        alone.environ.pop("UV_CONSTRAINT", None)
        return alone

    def ignore_choices(self, tree: Path, directory: Path) -> None:
        """Ignore the versions that a project in ``directory`` of ``tree`` chooses for a lock."""

    def has_index(self, environment: Path) -> bool:
        """Return whether the configuration of the host's pip chooses an index."""
        return "index-url" in self.configuration(environment)

    def configuration(self, environment: Path) -> dict[str, str]:
        """Return the configuration of the host's pip, by the names of its settings.

        :param environment: one that has pip.
        """
        return pip_settings.read(self._pip(environment, "config", "list"))

    def _pip(self, environment: Path, *arguments: str, cwd: Path | None = None) -> str:
        return self.run(f"{environment}/bin/python", "-I", "-m", "pip", *arguments, cwd=cwd)


class Uv(Pip):
    """Build with uv, which has its own environment."""

    def __init__(self, python: str, home: str, cache: str = "", tool: str = "") -> None:
        """Configure uv like the host's pip, but for what uv itself is configured to do."""
        super().__init__(python, home, cache, tool)
        settings = self.configuration(self.tool)
        certificates = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
        self.environ = {**certificates, **pip_settings.variables(settings), **self.environ}
        self.options = list(pip_settings.options(settings))

    def create(self, environment: Path) -> None:
        """Make an empty environment."""
        self.run_uv("venv", "--no-project", "--clear", "--python", self.python, str(environment))

    def install(self, environment: Path, *arguments: str, cwd: Path | None = None) -> None:
        """Install into ``environment``; paths among the ``arguments`` start from ``cwd``."""
        python = f"{environment}/bin/python"
        quick = ("--quiet", "--compile-bytecode", "--python", python)
        more = [option for option in self.options if option not in arguments]
        self.run_uv("pip", "install", *quick, *more, *arguments, cwd=cwd)

    def options_of(self, texts: Iterable[str]) -> list[str]:
        """Return the options for what uv does not read in requirements files."""
        return list(pip_settings.options_of_files(texts))

    def installed(self, environment: Path) -> str:
        """Return what is installed in ``environment``, as pins."""
        return self.run_uv(
            "pip", "list", "--format=freeze", "--python", f"{environment}/bin/python"
        )

    def install_dependencies(
        self, environment: Path, project: Project, choice: Choice, directory: Path
    ) -> None:
        """Install the dependencies of a project in ``directory``, but not the project."""
        project.grouped(choice.groups)  # refuses unknown ones
        if not project.computes:
            project.dependencies(choice.extras, choice.groups)
        chosen = [f"--extra={extra}" for extra in choice.extras]
        chosen += [f"--group={group}" for group in choice.groups]
        self.install(environment, f"--requirements={project.declares}", *chosen, cwd=directory)

    def ignore_choices(self, tree: Path, directory: Path) -> None:
        """Ignore the versions that a project in ``directory`` of ``tree`` chooses for a lock."""
        uv_settings.remove_choices(tree, directory)

    def has_index(self, environment: Path) -> bool:
        """Return whether the configuration of the host's pip chooses an index."""
        return "UV_DEFAULT_INDEX" in self.environ

    def run_uv(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run a command of uv and return its standard output."""
        return self.run(f"{self.tool}/bin/uv", *arguments, cwd=cwd)


def get_uv(tools: str, python: str) -> Path:
    """Install uv below ``tools``, unless it is installed, and return its environment.

    It is installed from a wheel only: a source distribution would run its build script as root.

    :raises BuildError: when it cannot be installed.
    """
    tool = Path(tools, f"uv-{interpreter.inspect(python).minor}")
    tool.parent.mkdir(mode=0o755, exist_ok=True)
    complete = tool / ".complete"
    with locked(tool.with_name(".lock")):
        if complete.exists():
            return tool
        pip = [f"{tool}/bin/python", "-I", "-m", "pip"]
        for command in (
            [python, "-m", "venv", "--clear", str(tool)],
            [*pip, "install", "--quiet", "--only-binary=:all:", "uv"],
        ):
            done = subprocess.run(command, check=False, capture_output=True, text=True, umask=0o022)
            if done.returncode != 0:
                raise BuildError(
                    f"{shlex.join(command)}\n{(done.stdout + done.stderr).strip()}\n"
                    "uv could not be installed. Set wsgi_app_installer: pip to build without uv."
                )
        complete.touch()
    return tool


INSTALLERS = {"uv": Uv, "pip": Pip}
"""The installers by the values of ``wsgi_app_installer``."""
