#!/usr/bin/python
"""Build what a release runs with: its Python environment and its installed project."""

from __future__ import annotations

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
  - All of it is built as O(user), in a transient unit with the settings O(sandbox), and belongs to
    root afterwards, so that the app cannot write it. No process of a build outlives it.
  - The build fails if its result has a link that leads out of it (except to the interpreter), a
    file with two names, or anything but files, directories and links. Otherwise root owns the
    result.
  - A C(requirements.txt) with hashes must include all O(requirements). It is installed without a
    cache, so that no earlier build can change what is installed.
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
    description: Directory in which O(user) may keep downloads, if there are no hashes.
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
  sandbox:
    description: Settings of the unit that builds, as in systemd.exec(5).
    type: dict
    default: {}
  check:
    description:
      - Command that fails, and says why, when a newer run has begun to change the app. Only the
        newest run stops the build of another.
    type: list
    elements: str
    default: []
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

import hashlib
import json
import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    confined,
    in_unit,
    installer,
    sealed,
    source,
    tree,
)
from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

OWN_PACKAGE = "subsite_wsgi"
"""The role's package in each release's C(lib)."""


class Release:
    """A release's directory, and how it is built."""

    def __init__(self, parameters: dict) -> None:
        """Take the module's ``parameters``."""
        self.parameters = parameters
        self.path = Path(parameters["path"])
        self.source = Source(self.path / "source")
        self.environment = Path(parameters["environments"], self._environment_name())
        self.user = pwd.getpwnam(parameters["user"])
        self.work = self.path / "build"
        self.lib = self.work / "lib"
        # Not in the environment: a build can write any file there.
        self.complete = self.environment.with_suffix(".complete")

    def _environment_name(self) -> str:
        recipe = [
            self.source.recipe(),
            self.parameters["requirements"],
            self.parameters["installer"],
            installer.version_of(self.parameters["python"]),
        ]
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]

    def build(self) -> bool:
        """Build what is missing and return whether the environment had to be.

        All of it is on the disk before anything says that it is complete: a host that loses its
        power would find files that are empty otherwise, and never build them again.
        """
        self.source.refuse_editables()
        self._refuse_if_superseded()
        confined.stop(self._unit)  # the newer of two runs continues
        with installer.locked(self.environment.with_name(".lock")):
            missing = not (self.environment.is_dir() and self.complete.exists())
            if missing:
                self.complete.unlink(missing_ok=True)
            with self._lent(self.work, *[self.environment] * missing):
                try:
                    self._run(makes_environment=missing)
                except BuildError:
                    self._refuse_if_superseded()  # then the newer run has stopped it
                    raise
            if missing:
                os.sync()
                self.complete.touch(mode=0o640)
        (self.path / "lib").mkdir(mode=0o750, exist_ok=True)
        self._collect_project()
        self._collect_bytecode()
        sealed.remove(self.work)
        self._link()
        os.sync()
        return missing

    def _refuse_if_superseded(self) -> None:
        if check := self.parameters["check"]:
            done = subprocess.run(check, check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise BuildError((done.stdout + done.stderr).strip())

    @contextmanager
    def _lent(self, *directories: Path) -> Iterator[None]:
        """Lend empty ``directories`` to the app's user, and take them back built, or remove them.

        :raises BuildError: when what is there then must not become root's.
        """
        try:
            for directory in directories:
                sealed.lend(directory, self.user.pw_uid, self.user.pw_gid)
            yield
            for directory in directories:
                sealed.take(directory, self.user.pw_gid, self.parameters["python"])
            if self.lib.is_dir():
                sealed.take(self.lib, self.user.pw_gid)  # it is moved, so links must stay in it
        except (BuildError, OSError, sealed.UnsafeTree) as error:
            for directory in directories:
                sealed.remove(directory)
            raise BuildError(str(error)) from error

    def _run(self, makes_environment: bool) -> None:
        """Run the build in its unit. It has a network if anything is installed."""
        parameters = self.parameters
        installs = makes_environment or self.source.builds
        tool = ""
        if installs and parameters["installer"] == "uv":
            tool = str(installer.get_uv(parameters["tools"], parameters["python"]))
        build = in_unit.Build(
            source=str(self.source.path),
            environment=str(self.environment),
            makes_environment=makes_environment,
            lib=str(self.lib),
            bytecode=str(self.work / "bytecode"),
            python=parameters["python"],
            installer=parameters["installer"],
            tool=tool,
            cache=parameters["cache"],
            requirements=parameters["requirements"],
            environ=in_unit.inherited(),
        )
        library = self.path / "builder"
        confined.place((in_unit, installer, source, tree), library, self.user.pw_gid)
        # Of /srv/wsgi, the build sees its inputs and its outputs.
        apps = self.path.parents[2]
        made, used = [self.work], [library, parameters["tools"]]
        (made if makes_environment else used).append(self.environment)
        empty = parameters["sandbox"].get("TemporaryFileSystem", "")
        properties = {
            **parameters["sandbox"],
            "TemporaryFileSystem": f"{empty} {apps}:ro",
            "BindPaths": " ".join(map(str, made)),
            "BindReadOnlyPaths": " ".join([f"-{self.source.path}", *map(str, used)]),
            "User": parameters["user"],
            "Group": self.user.pw_gid,
            "UMask": "0027",
            "PrivateNetwork": not installs,
            "ReadWritePaths": f"-{parameters['cache']}",
        }
        try:
            confined.run(in_unit, library, build.to_json, self._unit, properties)
        finally:
            sealed.remove(library)

    @property
    def _unit(self) -> str:
        return f"{self.parameters['user']}_build.service"

    def _collect_project(self) -> None:
        """Move the installed project into the release's ``lib``, beside what the role has there."""
        for built in sorted(self.lib.glob("*")):
            place = self.path / "lib" / built.name
            if place.name == OWN_PACKAGE:
                raise BuildError(
                    f"The project installs {OWN_PACKAGE}, which is the package that mounts it: "
                    "give yours another name."
                )
            sealed.remove(place)  # what an interrupted build has left
            built.rename(place)

    def _collect_bytecode(self) -> None:
        """Move the bytecode of the source to where Python looks for it."""
        top = self.work / "bytecode" / self.source.path.relative_to("/")
        for compiled in sorted(top.rglob("*.pyc")):
            directory = self.source.path / compiled.parent.relative_to(top)
            module = directory / f"{compiled.name.partition('.')[0]}.py"
            if compiled.is_symlink() or not compiled.is_file() or not module.exists():
                continue
            cache = directory / "__pycache__"
            if not cache.is_dir():
                cache.mkdir(mode=0o750)
                os.chown(cache, 0, self.user.pw_gid)
            compiled.rename(cache / compiled.name)

    def _link(self) -> None:
        link = self.path / "venv"
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(self.environment, self.path))


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
            "sandbox": {"type": "dict", "default": {}},
            "check": {"type": "list", "elements": "str", "default": []},
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
