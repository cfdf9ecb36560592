"""The source of a release before its build commands. It is kept until the release is complete.

So a build that was interrupted is repeated from the same files, whatever its commands have changed.
"""

from __future__ import annotations

from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import lent_directory


def path_in(release: Path) -> Path:
    """Return where the source of ``release`` is while its build commands change a copy."""
    return release / "unbuilt"


def set_aside(release: Path) -> None:
    """Move the source of ``release`` to :func:`path_in`. The caller makes a new one."""
    restore(release)
    (release / "source").rename(path_in(release))


def restore(release: Path) -> None:
    """Put back the source of ``release`` if a build was interrupted, or has failed."""
    if path_in(release).is_dir():
        lent_directory.remove(release / "source")
        path_in(release).rename(release / "source")
