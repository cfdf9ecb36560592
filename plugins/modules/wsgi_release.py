#!/usr/bin/python
"""Build what a release runs with: its Python environment and its installed project."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule
from ansible_collections.subsite.deploy.plugins.module_utils.installer import (
    INSTALLERS,
    Pip,
    locked,
    version_of,
)
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
            version_of(self.parameters["python"]),
        ]
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]

    def build(self) -> bool:
        """Build what is missing and return whether the environment had to be.

        All of it is on the disk before anything says that it is complete: a host that loses its
        power would find files that are empty otherwise, and never build them again.
        """
        self.source.refuse_editables()
        builder = INSTALLERS[self.parameters["installer"]](self.parameters)
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
        builder.fill(environment, self.source, self.parameters["requirements"])
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
