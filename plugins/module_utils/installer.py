"""Install what a release needs, with pip or with uv, as a user who owns nothing else."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
"""What pip can be told about the network, and the variable that tells uv the same."""


class Builder:
    """Runs an installer as the app's user, who owns what is being built and nothing else."""

    def __init__(self, parameters: dict) -> None:
        """Take ``user``, ``python``, ``cache`` and ``umask`` from ``parameters``."""
        self.user = pwd.getpwnam(parameters["user"])
        self.umask = parameters.get("umask", 0o027)
        self.python = parameters["python"]
        self.cache = parameters["cache"]
        self.environ = os.environ | {
            "HOME": self.cache,
            "PIP_CACHE_DIR": f"{self.cache}/pip",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "UV_CACHE_DIR": f"{self.cache}/uv",
            "UV_LINK_MODE": "copy",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """Run ``command`` as the app's user, in ``cwd``, and return its standard output.

        :raises BuildError: when it fails.
        """
        done = subprocess.run(
            command,
            cwd=cwd or self.cache,
            env=self.environ,
            user=self.user.pw_uid,
            group=self.user.pw_gid,
            extra_groups=[],
            umask=self.umask,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise BuildError(f"{shlex.join(command)}\n{(done.stdout + done.stderr).strip()}")
        return done.stdout

    def own(self, directory: Path) -> None:
        """Make an empty ``directory`` for the app's user to build in."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o750)
        os.chown(directory, self.user.pw_uid, self.user.pw_gid)

    def disown(self, directory: Path) -> None:
        """Give ``directory`` to root; the app's group can read it, nobody can write it."""
        for top, _, files in os.walk(directory):
            for path in [top, *(os.path.join(top, file) for file in files)]:
                os.chown(path, 0, self.user.pw_gid, follow_symlinks=False)
                if not os.path.islink(path):
                    os.chmod(path, (os.stat(path).st_mode & 0o750) | 0o040)


class Pip(Builder):
    """Build with the standard library's venv, and pip."""

    def create(self, environment: Path) -> None:
        """Make an empty environment."""
        self.run(self.python, "-m", "venv", str(environment))

    def install(self, environment: Path, *arguments: str, cwd: Path | None = None) -> None:
        """Install into ``environment``; paths among the ``arguments`` start from ``cwd``."""
        self._pip(environment, "install", "--progress-bar=off", *arguments, cwd=cwd)

    def installed(self, environment: Path) -> str:
        """Return what is installed in ``environment`` but not part of every new one, as pins."""
        seeds = ("--exclude=pip", "--exclude=setuptools", "--exclude=wheel")
        return self._pip(environment, "list", "--format=freeze", *seeds)

    def fill(self, environment: Path, source: Source, requirements: list[str]) -> None:
        """Make ``environment`` with what ``source`` needs, and ``requirements`` on top of it."""
        self.create(environment)
        if source.locks:
            self.install_lock(environment, source)
            install_more = self.install_beside
        else:
            if source.declares:
                self.install_dependencies(environment, source)
            install_more = self.install
        if requirements:
            install_more(environment, *requirements)

    def install_lock(self, environment: Path, source: Source) -> None:
        """Install what the requirements.txt in ``source`` asks for."""
        hashes = ["--require-hashes"] if source.hashed else []
        with self.scratch(source) as copy:
            self.install(environment, *hashes, "--requirement", "requirements.txt", cwd=copy)

    def install_dependencies(self, environment: Path, source: Source) -> None:
        """Install what the project in ``source`` depends on, but not the project."""
        if not source.builds:
            if source.static_dependencies():
                self.install(environment, *source.static_dependencies())
            return
        with self.scratch(source) as copy:
            report = self._pip(
                environment, "install", "--quiet", "--dry-run", "--no-deps", "--report=-", str(copy)
            )
            [project] = json.loads(report)["install"]
            dependencies = project["metadata"].get("requires_dist", [])
            if dependencies:
                self.install(environment, *dependencies)

    def install_beside(self, environment: Path, *requirements: str) -> None:
        """Install ``requirements`` without a change to the versions that are there."""
        with tempfile.NamedTemporaryFile("w", prefix="wsgi-release-", suffix=".txt") as pins:
            pins.write(self.installed(environment))
            pins.flush()
            os.fchown(pins.fileno(), self.user.pw_uid, self.user.pw_gid)
            self.install(environment, "--constraint", pins.name, *requirements)

    def install_project(self, environment: Path, source: Source, lib: Path) -> None:
        """Install the project in ``source``, alone, into ``lib``."""
        with self.scratch(source) as copy:
            self.install(environment, "--no-deps", "--target", str(lib), "--upgrade", str(copy))

    @contextmanager
    def scratch(self, source: Source) -> Iterator[Path]:
        """Lend the app's user a copy of ``source``: build backends write into it."""
        with tempfile.TemporaryDirectory(prefix="wsgi-release-") as directory:
            copy = Path(directory, "source")
            shutil.copytree(source.path, copy, symlinks=True)
            for top, directories, files in os.walk(directory):
                for name in [".", *directories, *files]:
                    os.chown(
                        os.path.join(top, name),
                        self.user.pw_uid,
                        self.user.pw_gid,
                        follow_symlinks=False,
                    )
            yield copy

    def _pip(self, environment: Path, *arguments: str, cwd: Path | None = None) -> str:
        return self.run(f"{environment}/bin/python", "-I", "-m", "pip", *arguments, cwd=cwd)


class Uv(Pip):
    """Build with uv, which is kept in an environment of its own."""

    def __init__(self, parameters: dict) -> None:
        """Take ``tools``, too, from ``parameters``, and get uv unless it is there."""
        super().__init__(parameters)
        self.tool = Path(parameters["tools"], f"uv-{version_of(self.python)}")
        self._get_uv()
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
        """Install what the project in ``source`` depends on, but not the project."""
        with self.scratch(source) as copy:
            self.install(environment, "--requirements", str(copy / source.declares))

    def _uv(self, *arguments: str, cwd: Path | None = None) -> str:
        return self.run(f"{self.tool}/bin/uv", *arguments, cwd=cwd)

    def _get_uv(self) -> None:
        self.tool.parent.mkdir(mode=0o755, exist_ok=True)
        complete = self.tool / ".complete"
        with locked(self.tool.with_name(".lock")):
            if complete.exists():
                return
            for command in (
                [self.python, "-m", "venv", "--clear", str(self.tool)],
                [f"{self.tool}/bin/python", "-m", "pip", "install", "--quiet", "uv"],
            ):
                done = subprocess.run(command, capture_output=True, text=True, umask=0o022)
                if done.returncode != 0:
                    raise BuildError(
                        f"{shlex.join(command)}\n{(done.stdout + done.stderr).strip()}\n"
                        "uv could not be installed; wsgi_app_installer: pip does without it."
                    )
            complete.touch()

    def _network(self) -> dict[str, str]:
        """Return what the host's pip is told about the network, in uv's words."""
        environ = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
        for line in self._pip(self.tool, "config", "list").splitlines():
            name, _, value = line.partition("=")
            variable = PIP_TO_UV.get(name.rpartition(".")[2])
            if variable:
                between = "," if variable == "UV_FIND_LINKS" else " "
                environ[variable] = between.join(value.strip("'\"").replace("\\n", " ").split())
        return environ


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``path`` as a lock; another run on the same host waits for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def version_of(interpreter: str) -> str:
    """Return the version of ``interpreter`` up to which packages fit: a patch changes nothing."""
    command = [interpreter, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


INSTALLERS = {"uv": Uv, "pip": Pip}
"""What can build, by the names that users give it."""
