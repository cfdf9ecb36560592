#!/usr/bin/python
"""Build the Python environment of a release, and install its project."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_release
author: The Subsite maintainers (@subsite)
short_description: Build a release's Python environment and install its project
description:
  - Makes the environment of the release below O(environments), unless a release with the same
    requirements has made it already, and links it as C(venv) into the release.
  - One file of the source decides the dependencies. It is the first of the requirements files in
    O(choice), a lock (C(uv.lock), C(poetry.lock), C(pdm.lock), C(Pipfile.lock), C(pylock.toml)),
    C(requirements.txt), and C(pyproject.toml) or C(setup.py). O(requirements) cannot change the
    versions of a lock or a requirements file.
  - What the build of a project makes besides the files of the source (metadata, commands, compiled
    modules) is placed in the release's C(lib), or in the packages of the source.
  - The build runs as O(user), in a transient unit with the settings O(sandbox). No process of it is
    left afterwards, and root owns the result, so that the app cannot write to it. The app must run
    as another user, who can then neither end a build nor change its files.
  - The build fails if its result has a link that leads out of it (except to the interpreter), a
    file with two names, or anything but files, directories and links.
  - A requirements file with hashes must include all O(requirements). What has hashes is installed
    without a cache, so that no earlier build can change it.
  - Both installers use the indexes, the proxy, the certificate authority, constraints and rules for
    pre-releases and binary packages of the host's pip configuration.
options:
  path:
    description: The release directory. Its source is in C(source).
    type: path
    required: true
  environments:
    description: Directory of the app's environments.
    type: path
    required: true
  cache:
    description:
      - Directory for downloads of O(user), for requirements without hashes. It is emptied if
        another user owns it. No other user may be able to change its parent.
    type: path
    required: true
  tools:
    description: Directory of uv, for all apps of the host.
    type: path
    required: true
  user:
    description: User who runs the build, and no process of the app.
    type: str
    required: true
  group:
    description: Group of the app, which can read the source and the result.
    type: str
    required: true
  requirements:
    description: Requirements in addition to those of the source.
    type: list
    elements: str
    default: []
  python:
    description: Interpreter of the environment.
    type: path
    default: /usr/bin/python3
  installer:
    description: The program that installs.
    type: str
    choices: [uv, pip]
    default: uv
  build_environment:
    description:
      - More environment variables. Their values are hidden in the result, except those of less than
        four characters.
    type: dict
    default: {}
  build_environment_id:
    description:
      - Stands for O(build_environment) in the name of the environment, which other users can read.
    type: str
    default: ""
  sandbox:
    description: Settings of the build's unit (systemd.exec(5)).
    type: dict
    default: {}
  refreshed:
    description: How often the app's environments have been refreshed. Another number is another
      environment.
    type: int
    default: 0
  gunicorn_file:
    description:
      - The configuration file of gunicorn that is read. Without one, the module warns of a
        C(gunicorn.conf.py) in the source.
    type: str
    default: ""
extends_documentation_fragment:
  - subsite.deploy.builds
  - subsite.deploy.choice
  - subsite.deploy.failures
attributes:
  check_mode:
    description: Reports that the release would be built.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Build the release
  subsite.deploy.wsgi_release:
    path: /srv/wsgi/shop/releases/4d1c
    environments: /srv/wsgi/shop/environments
    cache: /var/cache/wsgi/shop
    tools: /srv/wsgi/.tools
    user: wsgi_shop
    group: wsgi-shop
    requirements: ["gunicorn>=23"]
"""

RETURN = r"""
environment:
  description: The environment's name below O(environments).
  type: str
  returned: when built
built:
  description: Whether the environment was built, because no release had made it.
  type: bool
  returned: when built
"""

import grp
import hashlib
import json
import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    build_on_host,
    dependencies,
    environment,
    failure_file,
    file_lock,
    gunicorn_file,
    imported_source,
    installer,
    interpreter,
    lent_directory,
    locks,
    newest_run,
    path_sources,
    pip_settings,
    project,
    pylock,
    python_versions,
    requirements_files,
    source,
    source_tree,
    transient_unit,
    unbuilt_source,
    uv_settings,
)
from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.source import (
    BuildError,
    Choice,
    Source,
)
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

ROLE_PACKAGE = "subsite_wsgi"
"""The role's package in the C(lib) of each release."""

BUILDER = (
    dependencies,
    environment,
    file_lock,
    imported_source,
    installer,
    interpreter,
    locks,
    path_sources,
    pip_settings,
    project,
    pylock,
    python_versions,
    requirements_files,
    source,
    source_tree,
    uv_settings,
)
"""The modules that a build needs."""


class Release:
    """A release directory, and how it is built."""

    def __init__(self, parameters: dict) -> None:
        """Derive all paths from the module's ``parameters``."""
        self.parameters = parameters
        self.path = Path(parameters["path"])
        self.source = Source(self.path / "source", Choice(**parameters["choice"]))
        self.dependencies = Dependencies(self.source)
        self.interpreter = interpreter.inspect(parameters["python"])
        self.uid = pwd.getpwnam(parameters["user"]).pw_uid
        self.gid = grp.getgrnam(parameters["group"]).gr_gid
        self.work = self.path / "build"
        self.lib = self.work / "lib"
        self.notes: list[str] = []

    @cached_property
    def environment(self) -> Path:
        """The environment, which is named after all that it is made from."""
        names = ("choice", "requirements", "installer", "python", "refreshed")
        recipe = [
            self.dependencies.recipe(),
            self.interpreter.identity,
            *(self.parameters[name] for name in names),
            self.parameters["build_environment_id"],
        ]
        name = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]
        return Path(self.parameters["environments"], name)

    @property
    def complete(self) -> Path:
        """The mark of a complete environment, beside it, where a build cannot write it."""
        return self.environment.with_suffix(".complete")

    def build(self) -> bool:
        """Build what is missing and return whether the environment was built.

        The files are synced to the disk before they are marked as complete. Otherwise, after a
        power failure, a complete environment could have empty files.
        """
        self._refuse_if_superseded()
        transient_unit.stop(self._unit)  # of an older run
        with file_lock.locked(Path(self.parameters["environments"], ".lock")):
            self._refuse_if_superseded()
            unbuilt_source.restore(self.path)  # its build commands were interrupted
            self._refuse_impossible()
            missing = not (self.environment.is_dir() and self.complete.exists())
            if missing:
                self.complete.unlink(missing_ok=True)
            self._lend_cache()
            with self._lent(self.work, *[self.environment] * missing):
                try:
                    self._run(makes_environment=missing)
                except BuildError:
                    self._refuse_if_superseded()  # a newer run may have stopped the unit
                    raise
            if missing:
                os.sync()
                self.complete.touch(mode=0o640)
        if self.lib.is_dir():
            roots = imported_source.import_roots(self.dependencies)
            imported_source.place(self.lib, roots, self.gid)
        (self.path / "lib").mkdir(mode=0o750, exist_ok=True)
        self._collect_project()
        self._collect_bytecode()
        lent_directory.remove(self.work)
        self._link()
        os.sync()
        return missing

    def _refuse_impossible(self) -> None:
        """Refuse what the build could not do, before it begins.

        :raises BuildError: with the reason.
        """
        self.dependencies.refuse()
        python = self.parameters["python"]
        place = f"wsgi_app_python {python}"
        self.dependencies.refuse_python(self.interpreter.version, place)
        self.notes += self.dependencies.notes()
        self.notes += self.dependencies.python_notes(self.interpreter.version)

    def _refuse_if_superseded(self) -> None:
        newest_run.refuse_if_superseded(self.parameters["check"])

    @contextmanager
    def _lent(self, *directories: Path) -> Iterator[None]:
        """Lend empty ``directories`` to the build's user, and take them back, or remove them.

        :raises BuildError: when they have a file that root must not own.
        """
        try:
            for directory in directories:
                lent_directory.lend(directory, self.uid, self.gid)
            yield
            for directory in directories:
                lent_directory.take(directory, self.gid, self.parameters["python"])
            if self.lib.is_dir():
                # It is moved, so links must stay in it.
                lent_directory.take(self.lib, self.gid)
        except (BuildError, OSError, lent_directory.UnsafeTree) as error:
            for directory in directories:
                lent_directory.remove(directory)
            raise BuildError(str(error)) from error

    def _lend_cache(self) -> None:
        """Empty the cache if it has another owner, who could have changed what is in it."""
        cache = Path(self.parameters["cache"])
        if not cache.exists() or cache.lstat().st_uid != self.uid:
            lent_directory.lend(cache, self.uid, self.gid)

    def _run(self, makes_environment: bool) -> None:
        """Run the build in its unit, with a network only if it installs packages."""
        parameters = self.parameters
        installs = makes_environment or self.dependencies.project.builds
        tool = ""
        if installs and self.dependencies.needs_uv(parameters["installer"]):
            tool = str(installer.get_uv(parameters["tools"], parameters["python"]))
        scratch = self.path / "tmp"
        build = build_on_host.Build(
            source=str(self.source.path),
            environment=str(self.environment),
            makes_environment=makes_environment,
            lib=str(self.lib),
            bytecode=str(self.work / "bytecode"),
            python=parameters["python"],
            installer=parameters["installer"],
            tool=tool,
            cache=parameters["cache"],
            choice=parameters["choice"],
            requirements=parameters["requirements"],
            environ={
                **build_on_host.inherited(),
                **parameters["build_environment"],
                "TMPDIR": str(scratch),
            },
        )
        library = self.path / "builder"
        modules = (build_on_host, *BUILDER)
        transient_unit.place(modules, library, self.gid)
        # Below /srv/wsgi, the build sees only its inputs and outputs.
        apps = self.path.parents[2]
        outputs, inputs = [self.work, scratch], [library, parameters["tools"]]
        (outputs if makes_environment else inputs).append(self.environment)
        empty = parameters["sandbox"].get("TemporaryFileSystem", "")
        properties = {
            **parameters["sandbox"],
            "TemporaryFileSystem": f"{empty} {apps}:ro",
            "BindPaths": " ".join(map(str, outputs)),
            "BindReadOnlyPaths": " ".join([f"-{self.source.path}", *map(str, inputs)]),
            "User": parameters["user"],
            "Group": self.gid,
            "UMask": "0027",
            "PrivateNetwork": not installs,
            "ReadWritePaths": f"-{parameters['cache']}",
        }
        try:
            with transient_unit.scratch(scratch, self.uid, self.gid):
                output = transient_unit.run(
                    build_on_host, library, build.to_json, self._unit, properties
                )
            self.notes += json.loads(output.rpartition("\n")[2])
        finally:
            lent_directory.remove(library)

    @property
    def _unit(self) -> str:
        return f"{self.parameters['group']}_build.service"

    def _collect_project(self) -> None:
        """Move the installed project into the release's ``lib``, beside the role's package."""
        for built in sorted(self.lib.glob("*")):
            place = self.path / "lib" / built.name
            if place.name == ROLE_PACKAGE:
                raise BuildError(
                    f"The project installs {ROLE_PACKAGE}, but the role has a package with this "
                    "name. Rename the one of the project."
                )
            lent_directory.remove(place)  # of an interrupted build
            built.rename(place)

    def _collect_bytecode(self) -> None:
        """Move the bytecode of the source to the directories where Python looks for it."""
        top = self.work / "bytecode" / self.source.path.relative_to("/")
        for compiled in sorted(top.rglob("*.pyc")):
            directory = self.source.path / compiled.parent.relative_to(top)
            module = directory / f"{compiled.name.partition('.')[0]}.py"
            if compiled.is_symlink() or not compiled.is_file() or not module.exists():
                continue
            cache = directory / "__pycache__"
            if not cache.is_dir():
                cache.mkdir(mode=0o750)
                os.chown(cache, 0, self.gid)
            compiled.rename(cache / compiled.name)

    def _link(self) -> None:
        link = self.path / "venv"
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(self.environment, self.path))


def main() -> None:
    """Build the release; only report it in check mode."""
    module = UnloggedModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "environments": {"type": "path", "required": True},
            "cache": {"type": "path", "required": True},
            "tools": {"type": "path", "required": True},
            "user": {"type": "str", "required": True},
            "group": {"type": "str", "required": True},
            "requirements": {"type": "list", "elements": "str", "default": []},
            "python": {"type": "path", "default": "/usr/bin/python3"},
            "installer": {"type": "str", "choices": ["uv", "pip"], "default": "uv"},
            "build_environment": {"type": "dict", "default": {}},
            "build_environment_id": {"type": "str", "default": ""},
            "sandbox": {"type": "dict", "default": {}},
            "check": {"type": "list", "elements": "str", "default": []},
            "failure_file": failure_file.OPTION,
            "choice": source.OPTION,
            "refreshed": {"type": "int", "default": 0},
            "gunicorn_file": gunicorn_file.OPTION,
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    parameters = module.take("build_environment")
    try:
        release = Release(parameters)
        built = release.build()
    except (BuildError, OSError, subprocess.CalledProcessError) as error:
        failure_file.fail(module, str(error))
    for note in release.notes:
        module.warn(note)
    gunicorn_file.warn_if_in(release.source.app_dir, module)
    module.exit_json(changed=True, environment=release.environment.name, built=built)


if __name__ == "__main__":
    main()
