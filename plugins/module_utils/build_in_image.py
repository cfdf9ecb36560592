"""Build an app's environment, or install its project, in a build stage of an image.

The rules are the same as on a host (:mod:`installer`). The stage runs as root, its output is
world-readable, and caches are left out of the final image.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.build_in_image \
        environment|project|built APP_DIR BUILD

reads APP_DIR/source, and makes APP_DIR/environment or APP_DIR/lib, as the JSON text BUILD says
(:class:`Build`). After the build commands, the step C(built) gives APP_DIR/source to root.
"""

from __future__ import annotations

import compileall
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils import (
    environment,
    hard_links,
    imported_source,
    interpreter,
    lent_directory,
)
from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.installer import (
    INSTALLERS,
    Pip,
    get_uv,
)
from ansible_collections.subsite.deploy.plugins.module_utils.source import (
    BuildError,
    Choice,
    Source,
)

SCRATCH = Path("/var/tmp/subsite")
PYTHON = "python3"

NOTE = "subsite-note: "
"""Begins a line of the output with what the user should know, as JSON."""


@dataclass(frozen=True)
class Build:
    """How an image is built."""

    installer: str
    base_image: str
    choice: dict[str, Any] = field(default_factory=dict)
    """What the user has chosen of the source (:class:`Choice`)."""
    requirements: list[str] = field(default_factory=list)
    """What the environment has besides the dependencies of the source."""


def make_environment(app_dir: Path, build: Build) -> None:
    """Make the environment of the source, of which only the files are there that decide it.

    :raises BuildError: when it cannot be made.
    """
    dependencies = Dependencies(Source(app_dir / "source", Choice(**build.choice)))
    dependencies.refuse()
    version = interpreter.inspect(PYTHON).version
    dependencies.refuse_python(version, f"wsgi_app_base_image {build.base_image}")
    for note in dependencies.python_notes(version):
        print(NOTE + json.dumps(note))
    builder = _installer(build, dependencies)
    environment.Filling(builder, app_dir / "environment", dependencies).fill(build.requirements)


def install_project(app_dir: Path, build: Build) -> None:
    """Install the project, and compile its modules.

    :raises BuildError: when it cannot be built.
    """
    dependencies = Dependencies(Source(app_dir / "source", Choice(**build.choice)))
    lib = app_dir / "lib"
    lib.mkdir(exist_ok=True)
    if dependencies.project.builds:
        builder = _installer(build, dependencies)
        for note in imported_source.build(builder, app_dir / "environment", dependencies, lib):
            print(NOTE + json.dumps(note))
        imported_source.place(lib, imported_source.import_roots(dependencies))
    for directory in (lib, dependencies.source.path):
        compileall.compile_dir(directory, quiet=2)
        make_readable(directory)


def _installer(build: Build, dependencies: Dependencies) -> Pip:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    tool = get_uv(str(SCRATCH / "tools"), PYTHON) if dependencies.needs_uv(build.installer) else ""
    return INSTALLERS[build.installer](PYTHON, str(SCRATCH), str(SCRATCH), str(tool))


def take_source(source: Path) -> None:
    """Give ``source`` to root after the build commands, whose processes have ended.

    :raises BuildError: when they have left what an image must not have.
    """
    try:
        hard_links.separate(source)
        lent_directory.take(source, lent_directory.ROOT)
    except lent_directory.UnsafeTree as error:
        raise BuildError(lent_directory.left_by_commands(error)) from error
    compileall.compile_dir(source, quiet=2)
    make_readable(source)


def make_readable(top: Path) -> None:
    """Make all files below ``top`` world-readable: the app's user does not exist yet."""
    for path in [top, *top.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))


def main() -> None:
    """Do the step of the command line; print the reason if it fails."""
    step, app_dir, text = sys.argv[1], Path(sys.argv[2]), sys.argv[-1]
    try:
        if step == "built":
            take_source(app_dir / "source")
        else:
            STEPS[step](app_dir, Build(**json.loads(text)))
    except (BuildError, OSError) as error:
        sys.exit(str(error))


STEPS = {"environment": make_environment, "project": install_project}

if __name__ == "__main__":
    main()
