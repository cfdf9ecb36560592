#!/usr/bin/python
"""Build what a release runs with: its Python environment and its installed project."""

from __future__ import annotations

import fcntl
import hashlib
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

from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

DOCUMENTATION = r"""
module: wsgi_release
author: The Subsite maintainers (@subsite)
short_description: Build a release's Python environment and install its project
description:
  - Makes the environment that a release asks for below O(environments), unless another release
    with the same requirements already has it, and links it as C(venv) into the release.
  - A C(requirements.txt) in the source decides the dependencies, with C(--require-hashes) when it
    has hashes, and O(requirements) cannot change a version that it brought; otherwise
    C(pyproject.toml) or C(setup.py) does.
  - A source which can be built (C(pyproject.toml) with a C([build-system]), or C(setup.py)) is
    installed into the release's C(lib).
  - All of it is built as O(user) and belongs to root afterwards, so that the app cannot write it.
  - An index, proxy or certificate authority that the host's pip is configured with is used by
    both installers.
options:
  path:
    description: The release's directory. What it has in C(source) is built.
    type: path
    required: true
  environments:
    description: Directory of the app's environments.
    type: path
    required: true
  cache:
    description: Directory in which O(user) may keep downloads.
    type: path
    required: true
  tools:
    description: Directory in which uv is kept for the whole host.
    type: path
    required: true
  user:
    description: User who builds.
    type: str
    required: true
  requirements:
    description: Requirements on top of the source's own.
    type: list
    elements: str
    default: []
  python:
    description: Interpreter that the environment is made from.
    type: path
    default: /usr/bin/python3
  installer:
    description: What resolves and installs.
    type: str
    choices: [uv, pip]
    default: uv
attributes:
  check_mode:
    description: Says that the release would be built.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Build the release
  subsite.deploy.wsgi_release:
    path: /srv/wsgi/shop/releases/4d1c
    environments: /srv/wsgi/shop/environments
    cache: /var/cache/wsgi/shop
    tools: /srv/wsgi/.tools
    user: wsgi-shop
    requirements: ["gunicorn>=23"]
"""

RETURN = r"""
environment:
  description: The environment's name below O(environments).
  type: str
  returned: when built
built:
  description: Whether the environment had to be built.
  type: bool
  returned: when built
"""

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
        """Take the module's ``parameters``."""
        self.user = pwd.getpwnam(parameters["user"])
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
            umask=0o027,
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
        """Take the module's ``parameters``, and get uv unless the host has it."""
        super().__init__(parameters)
        self.tool = Path(parameters["tools"], f"uv-{_version_of(self.python)}")
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


class Release:
    """A release's directory, and how it comes to run."""

    def __init__(self, parameters: dict) -> None:
        """Take the module's ``parameters``."""
        self.parameters = parameters
        self.path = Path(parameters["path"])
        self.source = Source(self.path / "source")
        self.environment = Path(parameters["environments"], self._environment_name())

    def _environment_name(self) -> str:
        recipe = [
            self.source.recipe(),
            self.parameters["requirements"],
            self.parameters["installer"],
            _version_of(self.parameters["python"]),
        ]
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]

    def build(self) -> bool:
        """Build what is missing and return whether the environment had to be.

        All of it is on the disk before anything says that it is complete: a host that loses its
        power would find files that are empty otherwise, and never build them again.
        """
        self.source.refuse_editables()
        builder = {"uv": Uv, "pip": Pip}[self.parameters["installer"]](self.parameters)
        with locked(self.environment.with_name(".lock")):
            missing = not (self.environment / ".complete").exists()
            if missing:
                try:
                    self._build_environment(builder)
                except BuildError:
                    shutil.rmtree(self.environment)
                    raise
        if self.source.builds:
            self._install_project(builder)
        self._compile(builder)
        self._link()
        os.sync()
        return missing

    def _build_environment(self, builder: Pip) -> None:
        environment = self.environment
        builder.own(environment)
        builder.create(environment)
        if self.source.locks:
            builder.install_lock(environment, self.source)
            install_more = builder.install_beside
        else:
            if self.source.declares:
                builder.install_dependencies(environment, self.source)
            install_more = builder.install
        if self.parameters["requirements"]:
            install_more(environment, *self.parameters["requirements"])
        builder.disown(environment)
        os.sync()
        (environment / ".complete").touch(mode=0o640)

    def _install_project(self, builder: Pip) -> None:
        lib, built = self.path / "lib", self.path / "lib.partial"
        builder.own(built)
        builder.install_project(self.environment, self.source, built)
        builder.disown(built)
        shutil.copytree(built, lib, symlinks=True, dirs_exist_ok=True)
        builder.disown(lib)
        shutil.rmtree(built)

    def _compile(self, builder: Pip) -> None:
        """Write bytecode now, since the app must not write beside its code.

        A file that cannot be compiled is no reason to stop: it may be a template. The host's
        own interpreter does it, in isolation, so that nothing of the app runs as root.
        """
        for directory in (self.path / "lib", self.source.path):
            if directory.exists():
                compiler = [self.parameters["python"], "-I", "-m", "compileall", "-q"]
                subprocess.run([*compiler, str(directory)], capture_output=True)
                builder.disown(directory)

    def _link(self) -> None:
        link = self.path / "venv"
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(self.environment, self.path))


def _version_of(interpreter: str) -> str:
    """Return the version of ``interpreter`` up to which packages fit: a patch changes nothing."""
    command = [interpreter, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def main() -> None:
    """Build the release, or say that it would be built."""
    module = DiscreetModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "environments": {"type": "path", "required": True},
            "cache": {"type": "path", "required": True},
            "tools": {"type": "path", "required": True},
            "user": {"type": "str", "required": True},
            "requirements": {"type": "list", "elements": "str", "default": []},
            "python": {"type": "path", "default": "/usr/bin/python3"},
            "installer": {"type": "str", "choices": ["uv", "pip"], "default": "uv"},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        release = Release(module.params)
        built = release.build()
    except (BuildError, OSError, subprocess.CalledProcessError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, environment=release.environment.name, built=built)


if __name__ == "__main__":
    main()
