#!/usr/bin/python
"""Copy the static files of a release to where nginx serves them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_static
author: The Subsite maintainers (@subsite)
short_description: Copy the static files of a release
description:
  - Copies directories of a release's source, or of its image, to O(dest), each by its last name.
    Root owns the copy, and O(group) can read it.
  - It has only directories and regular files. Links, other kinds and hidden files are left out.
  - All files together may have 2 GiB, and there may be 100000.
  - A copy is complete or not there. An earlier one is replaced.
options:
  dest:
    description: Directory of the copy. No user but root may be able to change its parent.
    type: path
    required: true
  group:
    description: Group that can read the copy.
    type: str
    required: true
  directory:
    description: The source on the host, or what the paths begin with in the image.
    type: str
    required: true
  paths:
    description: The directories to copy, relative to O(directory).
    type: list
    elements: str
    required: true
  image:
    description: Name of the image that the files are in. Required with O(engine).
    type: str
  engine:
    description:
      - The command of podman or docker. Without it, the files are on the host. With it, they are
        read from a container that is created and never started.
    type: list
    elements: str
  shell:
    description: The shell in which the commands of O(engine) run.
    type: list
    elements: str
    default: [sh]
extends_documentation_fragment: [subsite.deploy.builds, subsite.deploy.failures]
attributes:
  check_mode:
    description: Reports that the files would be copied.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Copy the static files of the shop
  subsite.deploy.wsgi_static:
    dest: /var/lib/wsgi/shop/static/4d1c09aa71be
    group: www-data
    directory: /srv/wsgi/shop/releases/4d1c09aa71be/source
    paths: [shop/static]
"""

RETURN = r"""
files:
  description: How many paths the directories have, also those that were left out.
  type: int
  returned: when copied
"""

import io
import os
import subprocess
import tempfile
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    failure_file,
    file_lock,
    lent_directory,
    newest_run,
    source_tree,
)
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.module_utils.static_files import (
    Copy,
    MissingDirectory,
    StaticFilesError,
    copy_directory,
    copy_stream,
)
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

LONGEST = 2**12
"""Bytes of the engine's errors that are read."""

READ_FROM_IMAGE = """
image=$1 path=$2
shift 2
container=$("$@" create --pull=never --network=none "$image" /bin/true) || exit 99
"$@" cp "$container:$path" -
status=$?
"$@" rm --force --volumes "$container" >/dev/null || exit
exit "$status"
"""
"""Write the tar stream of a path of an image. The container exists meanwhile, and never runs."""
NO_CONTAINER = 99
"""The exit status if the engine cannot create it."""


def copy_from_image(copy: Copy, path: str, image: str, engine: list[str], shell: list[str]) -> None:
    """Add the directory at the absolute ``path`` of ``image``.

    :raises StaticFilesError: when the engine fails, or the copy does.
    """
    command = [*shell, "-c", READ_FROM_IMAGE, "sh", image, path, *engine]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
            stream = io.BufferedReader(process.stdout)  # type: ignore[type-var]
            is_empty = not stream.peek(1)
            if not is_empty:
                copy_stream(copy, stream, os.path.basename(path))
        errors.seek(0)
        said = excerpt(errors.read(LONGEST).decode(errors="replace").strip())
    if is_empty and process.returncode != NO_CONTAINER:
        raise MissingDirectory(said)
    if process.returncode != 0:
        raise StaticFilesError(said)


def copy_all(parameters: dict) -> int:
    """Make the copy, and return how many paths the directories have.

    An earlier copy may be of other files: a run that was cut off has built the release before.

    :raises StaticFilesError: when a directory cannot be copied.
    :raises BuildError: when a newer run has started.
    """
    engine, dest = parameters["engine"], Path(parameters["dest"])
    with (
        file_lock.locked(dest.with_name(".lock")),
        source_tree.placed(str(dest), parameters["group"]) as partial,
    ):
        newest_run.refuse_if_superseded(parameters["check"])
        copy = Copy(partial)
        for path in parameters["paths"]:
            try:
                if engine:
                    source = f"{parameters['directory']}/{path}"
                    copy_from_image(copy, source, parameters["image"], engine, parameters["shell"])
                else:
                    copy_directory(copy, parameters["directory"], path)
            except MissingDirectory as error:
                origin = "image" if engine else "source"
                raise StaticFilesError(
                    f"wsgi_app_static_paths has {path!r}, but the {origin} of the release has no "
                    f"such directory ({error}). Write a directory that is in the {origin} when "
                    "the release is built; links are not followed."
                ) from error
            except StaticFilesError as error:
                raise StaticFilesError(
                    f"wsgi_app_static_paths has {path!r}, which cannot be copied: {error}."
                ) from error
        newest_run.refuse_if_superseded(parameters["check"])
        os.sync()  # before the release is recorded as complete
        lent_directory.remove(dest)
    return copy.count


def main() -> None:
    """Copy the files; only report it in check mode."""
    module = UnloggedModule(
        argument_spec={
            "dest": {"type": "path", "required": True},
            "group": {"type": "str", "required": True},
            "directory": {"type": "str", "required": True},
            "paths": {"type": "list", "elements": "str", "required": True},
            "image": {"type": "str"},
            "engine": {"type": "list", "elements": "str"},
            "shell": {"type": "list", "elements": "str", "default": ["sh"]},
            "check": {"type": "list", "elements": "str", "default": []},
            "failure_file": failure_file.OPTION,
        },
        required_by={"engine": ["image"]},
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        count = copy_all(module.params)
    except (BuildError, StaticFilesError, OSError) as error:
        failure_file.fail(module, str(error))
    module.exit_json(changed=True, files=count)


if __name__ == "__main__":
    main()
