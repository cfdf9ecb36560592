"""Build an app's environment, or install its project, in a build stage of an image.

The rules are the same as on a host (:mod:`installer`). The stage runs as root, its output is
world-readable, and caches are left out of the final image.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.build_in_image \
        environment|project|built APP_DIR INSTALLER [REQUIREMENT ...]

reads APP_DIR/source, and makes APP_DIR/environment or APP_DIR/lib. After the build commands, the
step C(built) gives APP_DIR/source to root.
"""

from __future__ import annotations

import compileall
import sys
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import hard_links, lent_directory
from ansible_collections.subsite.deploy.plugins.module_utils.installer import INSTALLERS, get_uv
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

SCRATCH = Path("/var/tmp/subsite")


def build(step: str, app_dir: Path, installer: str, requirements: list[str]) -> None:
    """Do one ``step`` of a build in ``app_dir``.

    :raises BuildError: when it fails.
    """
    source, environment = Source(app_dir / "source"), app_dir / "environment"
    if step == "built":
        take_source(source.path)
        return
    source.refuse_editables()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    tool = get_uv(str(SCRATCH / "tools"), "python3") if installer == "uv" else ""
    cache = "" if source.hashed else str(SCRATCH)
    builder = INSTALLERS[installer]("python3", str(SCRATCH), cache, str(tool))
    if step == "environment":
        builder.fill(environment, source, requirements)
        return
    lib = app_dir / "lib"
    lib.mkdir(exist_ok=True)
    if source.builds:
        builder.install_project(environment, source, lib)
    for directory in (lib, source.path):
        compileall.compile_dir(directory, quiet=2)
        make_readable(directory)


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
    step, app_dir, installer, *requirements = sys.argv[1:]
    try:
        build(step, Path(app_dir), installer, requirements)
    except BuildError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
