"""What git says about a directory of the controller, without running what its configuration names.

A configuration can name programs: monitors, filters, hooks, signature checks.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt

SETTINGS = (
    ("core.fsmonitor", "false"),
    ("log.showSignature", "false"),
)
"""Settings that override those of the repository."""

FOREIGN = "dubious ownership"
"""What git says of a repository of another user (safe.directory in git-config(1))."""

SUBJECT = 100
"""Characters of a subject."""


class ForeignWorkTree(Exception):
    """The repository belongs to another user, so git does not read it."""


@dataclass(frozen=True)
class WorkTree:
    """The commit of a directory, and whether the directory has changes since."""

    commit: str
    subject: str
    is_dirty: bool
    """Whether a file differs from the commit, or is neither in it nor ignored."""


def read(directory: str) -> WorkTree | None:
    """Return the state of ``directory``; none without git or a commit.

    :raises ForeignWorkTree: when git does not trust the owner of the repository.
    """
    try:
        commit = _git(directory, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        subject = _git(directory, "log", "-1", "--format=%s", commit.strip())
        status = _git(
            *(directory, "status", "--porcelain", "--untracked-files=normal"),
            *("--ignore-submodules=all", "--", "."),
            settings=_without_filters(directory),
        )
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        if FOREIGN in (getattr(error, "stderr", None) or ""):
            raise ForeignWorkTree(directory) from error
        return None
    return WorkTree(commit.strip(), excerpt(subject.strip(), SUBJECT), bool(status.strip()))


def _without_filters(directory: str) -> Iterator[tuple[str, str]]:
    """Yield settings that empty each filter (gitattributes(5)), such as that of Git LFS.

    git status runs filters on files whose times have changed. Those files count as changed.
    """
    names = _git(directory, "config", "--null", "--name-only", "--list").split("\0")
    filters = {name.rpartition(".")[0] for name in names if name.startswith("filter.")}
    for each in sorted(filters):
        yield from ((f"{each}.clean", ""), (f"{each}.process", ""), (f"{each}.required", "false"))


def _git(directory: str, *arguments: str, settings: Iterator[tuple[str, str]] | None = None) -> str:
    """Run git so that it does not write the index, which calls a hook, and fetches nothing."""
    configuration = [*SETTINGS, *(settings or ())]
    counted = {"GIT_CONFIG_COUNT": str(len(configuration))}
    for number, (key, value) in enumerate(configuration):
        counted |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", "-C", directory, *arguments],
        check=True,
        env={
            **inherited,
            **counted,
            "GIT_ALLOW_PROTOCOL": "",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    ).stdout
