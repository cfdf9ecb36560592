"""Install the dependencies of a release, and its project, with pip or uv.

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
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.file_lock import locked
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
"""pip's options for the network, and the environment variables of uv that do the same."""


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

    def installed(self, environment: Path) -> str:
        """Return the packages in ``environment`` as pins, without those of a new environment."""
        seeds = ("--exclude=pip", "--exclude=setuptools", "--exclude=wheel")
        return self._pip(environment, "list", "--format=freeze", *seeds)

    def fill(self, environment: Path, source: Source, requirements: list[str]) -> None:
        """Make ``environment`` with the dependencies of ``source``, and then ``requirements``."""
        self.create(environment)
        if source.hashed:
            self.install_lock(environment, source, "--require-hashes")
            self.require_in_lock(environment, requirements)
            return
        if source.locks:
            self.install_lock(environment, source)
            install_more = self.install_beside
        else:
            if source.declares:
                self.install_dependencies(environment, source)
            install_more = self.install
        if requirements:
            install_more(environment, *requirements)

    def install_lock(self, environment: Path, source: Source, *options: str) -> None:
        """Install the requirements.txt of ``source``."""
        with self.scratch(source) as tree:
            self.install(environment, *options, "--requirement", "requirements.txt", cwd=tree)

    def require_in_lock(self, environment: Path, requirements: list[str]) -> None:
        """Check that requirements.txt includes all ``requirements``: others would have no hashes.

        :raises BuildError: when it does not include one.
        """
        sources = ("PIP_FIND_LINKS", "UV_FIND_LINKS")
        alone = copy.copy(self)
        alone.environ = {
            **{name: value for name, value in self.environ.items() if name not in sources},
            "PIP_CONFIG_FILE": os.devnull,
            "UV_NO_CONFIG": "1",
        }
        for requirement in requirements:
            try:
                alone.install(environment, "--no-index", "--no-deps", "--dry-run", requirement)
            except BuildError as error:
                name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
                raise BuildError(
                    f"requirements.txt has hashes, but it does not include {requirement!r}, which "
                    "would be installed without a hash. Add it to the file with its hashes, for "
                    f"example: put {name!r} into requirements.in, then run pip-compile "
                    "--generate-hashes or uv pip compile --generate-hashes."
                ) from error

    def install_dependencies(self, environment: Path, source: Source) -> None:
        """Install the dependencies of the project in ``source``, but not the project."""
        if not source.builds:
            if source.static_dependencies():
                self.install(environment, *source.static_dependencies())
            return
        with self.scratch(source) as tree:
            report = self._pip(
                environment, "install", "--quiet", "--dry-run", "--no-deps", "--report=-", str(tree)
            )
            [project] = json.loads(report)["install"]
            dependencies = project["metadata"].get("requires_dist", [])
            if dependencies:
                self.install(environment, *dependencies)

    def install_beside(self, environment: Path, *requirements: str) -> None:
        """Install ``requirements`` without changing the versions of installed packages."""
        with tempfile.NamedTemporaryFile("w", prefix="wsgi-release-", suffix=".txt") as pins:
            pins.write(self.installed(environment))
            pins.flush()
            self.install(environment, "--constraint", pins.name, *requirements)

    def install_project(self, environment: Path, source: Source, lib: Path) -> None:
        """Install the project in ``source`` into ``lib``, without its dependencies."""
        with self.scratch(source) as tree:
            self.install(environment, "--no-deps", "--target", str(lib), "--upgrade", str(tree))

    @contextmanager
    def scratch(self, source: Source) -> Iterator[Path]:
        """Yield a temporary copy of ``source``: build backends write into it."""
        with tempfile.TemporaryDirectory(prefix="wsgi-release-") as directory:
            copy = Path(directory, "source")
            shutil.copytree(source.path, copy, symlinks=True)
            yield copy

    def _pip(self, environment: Path, *arguments: str, cwd: Path | None = None) -> str:
        return self.run(f"{environment}/bin/python", "-I", "-m", "pip", *arguments, cwd=cwd)


class Uv(Pip):
    """Build with uv, which has its own environment."""

    def __init__(self, python: str, home: str, cache: str = "", tool: str = "") -> None:
        """Configure uv to use the network like the host's pip."""
        super().__init__(python, home, cache, tool)
        self.environ |= self._network()

    def create(self, environment: Path) -> None:
        """Make an empty environment."""
        self._uv("venv", "--no-project", "--clear", "--python", self.python, str(environment))

    def install(self, environment: Path, *arguments: str, cwd: Path | None = None) -> None:
        """Install into ``environment``; paths among the ``arguments`` start from ``cwd``."""
        python = f"{environment}/bin/python"
        quick = ("--quiet", "--compile-bytecode", "--python", python)
        self._uv("pip", "install", *quick, *arguments, cwd=cwd)

    def installed(self, environment: Path) -> str:
        """Return what is installed in ``environment``, as pins."""
        return self._uv("pip", "list", "--format=freeze", "--python", f"{environment}/bin/python")

    def install_dependencies(self, environment: Path, source: Source) -> None:
        """Install the dependencies of the project in ``source``, but not the project."""
        with self.scratch(source) as tree:
            self.install(environment, "--requirements", f"{tree}/{source.declares}")

    def _uv(self, *arguments: str, cwd: Path | None = None) -> str:
        return self.run(f"{self.tool}/bin/uv", *arguments, cwd=cwd)

    def _network(self) -> dict[str, str]:
        """Return the network settings of the host's pip as environment variables of uv."""
        environ = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
        for line in self._pip(self.tool, "config", "list").splitlines():
            name, _, value = line.partition("=")
            variable = PIP_TO_UV.get(name.rpartition(".")[2])
            if variable:
                between = "," if variable == "UV_FIND_LINKS" else " "
                environ[variable] = between.join(value.strip("'\"").replace("\\n", " ").split())
        return environ


def get_uv(tools: str, python: str) -> Path:
    """Install uv below ``tools``, unless it is installed, and return its environment.

    It is installed from a wheel only: a source distribution would run its build script as root.

    :raises BuildError: when it cannot be installed.
    """
    tool = Path(tools, f"uv-{version_of(python)}")
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


def version_of(interpreter: str) -> str:
    """Return major and minor version of ``interpreter``; packages fit any patch version."""
    command = [interpreter, "-I", "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


INSTALLERS = {"uv": Uv, "pip": Pip}
"""The installers by the values of ``wsgi_app_installer``."""
