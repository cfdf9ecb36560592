#!/usr/bin/python
"""Run the build commands of a release in its source directory."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_build_commands
author: The Subsite maintainers (@subsite)
short_description: Run the build commands of a release in its source directory
description:
  - Runs O(commands) in a copy of the release's C(source), which then replaces it. They can change
    nothing else. The source as it was stays in C(unbuilt) beside it, so that an interrupted build
    begins from the same files. Remove C(unbuilt) when the release is complete.
  - M(subsite.deploy.wsgi_release) must have built the release before.
  - The commands run as O(user), in a transient unit with the settings O(sandbox), by C(sh -ev). No
    process of them is left afterwards, and root owns the result, so that the app cannot write to
    it. Hard links become copies.
  - The module fails if the result has a link that leads out of it, or anything but files,
    directories and links. Then C(source) is as it was before.
options:
  path:
    description: The release directory. Its source is in C(source).
    type: path
    required: true
  directory:
    description: The directory of the source in which they run.
    type: str
    default: ""
  commands:
    description: Shell commands. The first one that fails ends the build.
    type: list
    elements: str
    required: true
  user:
    description: User who runs the commands, and no process of the app.
    type: str
    required: true
  group:
    description: Group of the app, which can read the source and the result.
    type: str
    required: true
  environment_variables:
    description: Environment variables of the commands. C(HOME) is always a temporary directory.
    type: dict
    default: {}
  secrets:
    description: Environment variables that neither the host's users nor the output can show.
    type: dict
    default: {}
  build_environment:
    description:
      - More environment variables, which replace the others. Their values are hidden in the result,
        except those of less than four characters.
    type: dict
    default: {}
  python:
    description: Interpreter that compiles the result.
    type: path
    default: /usr/bin/python3
  sandbox:
    description: Settings of the unit (systemd.exec(5)).
    type: dict
    default: {}
extends_documentation_fragment: [subsite.deploy.builds, subsite.deploy.failures]
attributes:
  check_mode:
    description: Reports that the commands would run.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Run the build commands
  subsite.deploy.wsgi_build_commands:
    path: /srv/wsgi/shop/releases/4d1c
    commands: [python manage.py collectstatic --noinput]
    user: wsgi_shop
    group: wsgi-shop
    environment_variables: {PATH: "/srv/wsgi/shop/releases/4d1c/venv/bin:/usr/bin:/bin"}
"""

RETURN = r"""
unbuilt:
  description: Where the source is as it was before.
  type: str
  returned: when the commands have run
"""

import grp
import os
import pwd
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    build_on_host,
    commands_on_host,
    failure_file,
    file_lock,
    hard_links,
    lent_directory,
    newest_run,
    source,
    source_tree,
    transient_unit,
    unbuilt_source,
)
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


class BuildCommands:
    """The build commands of a release, and the source directory that they change."""

    def __init__(self, parameters: dict) -> None:
        """Derive all paths from the module's ``parameters``."""
        self.parameters = parameters
        self.path = Path(parameters["path"])
        self.source = self.path / "source"
        self.unbuilt = unbuilt_source.path_in(self.path)
        self.uid = pwd.getpwnam(parameters["user"]).pw_uid
        self.gid = grp.getgrnam(parameters["group"]).gr_gid
        self.unit = f"{parameters['group']}_build.service"

    def run(self) -> None:
        """Replace the source by the result of the commands.

        :raises BuildError: when a command fails, or root must not own its result. Then the source
            is as it was before.
        """
        newest_run.refuse_if_superseded(self.parameters["check"])
        transient_unit.stop(self.unit)  # of an older run
        with file_lock.locked(self._environment().with_name(".lock")):
            newest_run.refuse_if_superseded(self.parameters["check"])
            unbuilt_source.set_aside(self.path)
            try:
                lent_directory.lend(self.source, self.uid, self.gid)
                self._run_unit()
                lent_directory.take(self.source, self.gid)
            except (BuildError, OSError, lent_directory.UnsafeTree) as error:
                unbuilt_source.restore(self.path)
                # A newer run may have stopped the unit.
                newest_run.refuse_if_superseded(self.parameters["check"])
                if isinstance(error, lent_directory.UnsafeTree):
                    raise BuildError(lent_directory.left_by_commands(error)) from error
                raise
        os.sync()

    def _environment(self) -> Path:
        return (self.path / "venv").resolve()

    def _run_unit(self) -> None:
        """Run the commands in their unit, which sees only its inputs and its output."""
        parameters, environment = self.parameters, self._environment()
        scratch = self.path / "tmp"
        commands = commands_on_host.Commands(
            unbuilt=str(self.unbuilt),
            source=str(self.source),
            directory=parameters["directory"],
            commands=parameters["commands"],
            environ={
                **build_on_host.inherited(),
                **parameters["environment_variables"],
                **parameters["secrets"],
                **parameters["build_environment"],
                "TMPDIR": str(scratch),
            },
            python=parameters["python"],
        )
        library = self.path / "builder"
        modules = (commands_on_host, hard_links, source, source_tree)
        transient_unit.place(modules, library, self.gid)
        # The environment is at both of its names. One is in PATH, the other in its programs.
        venv = f"{environment}:{self.path}/venv"
        inputs = [library, self.unbuilt, self.path / "lib", environment, venv]
        empty = parameters["sandbox"].get("TemporaryFileSystem", "")
        properties = {
            **parameters["sandbox"],
            "TemporaryFileSystem": f"{empty} {self.path.parents[2]}:ro",
            "BindPaths": f"{self.source} {scratch}",
            "BindReadOnlyPaths": " ".join(map(str, inputs)),
            "User": parameters["user"],
            "Group": self.gid,
            "UMask": "0027",
            "PrivateNetwork": False,
        }
        try:
            with transient_unit.scratch(scratch, self.uid, self.gid):
                transient_unit.run(
                    commands_on_host, library, commands.to_json, self.unit, properties
                )
        finally:
            lent_directory.remove(library)


def main() -> None:
    """Run the commands; only report it in check mode."""
    module = UnloggedModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "directory": {"type": "str", "default": ""},
            "commands": {"type": "list", "elements": "str", "required": True},
            "user": {"type": "str", "required": True},
            "group": {"type": "str", "required": True},
            "environment_variables": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "build_environment": {"type": "dict", "default": {}},
            "python": {"type": "path", "default": "/usr/bin/python3"},
            "sandbox": {"type": "dict", "default": {}},
            "check": {"type": "list", "elements": "str", "default": []},
            "failure_file": failure_file.OPTION,
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    parameters = module.take("build_environment")
    try:
        commands = BuildCommands(parameters)
        commands.run()
    except (BuildError, OSError) as error:
        failure_file.fail(module, str(error))
    module.exit_json(changed=True, unbuilt=str(commands.unbuilt))


if __name__ == "__main__":
    main()
