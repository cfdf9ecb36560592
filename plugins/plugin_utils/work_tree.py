"""What git says about a directory of the controller, without running what its configuration names.

A configuration can name programs: monitors, filters, hooks, signature checks.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.tag_version import (
    DATE,
    DESCRIBE,
    Description,
)

SETTINGS = (
    ("core.fsmonitor", "false"),
    ("log.showSignature", "false"),
)
"""Settings that override those of the repository."""

FOREIGN = re.compile(r"dubious ownership in repository at '(?P<top>.*)'")
"""What git says of a repository of another user (safe.directory in git-config(1))."""

SUBJECT = 100
"""Characters of a subject."""


class ForeignWorkTree(Exception):
    """The repository belongs to another user, so git does not read it. The message is its path."""


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
        commit = ask(directory, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        subject = ask(directory, "log", "-1", "--format=%s", commit.strip())
        status = ask(
            *(directory, "status", "--porcelain", "--untracked-files=normal"),
            *("--ignore-submodules=all", "--", "."),
            settings=_without_filters(directory),
        )
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        _refuse_foreign(error)
        return None
    return WorkTree(commit.strip(), excerpt(subject.strip(), SUBJECT), bool(status.strip()))


def describe(directory: str) -> Description | None:
    """Return the commit of ``directory`` with its tag; none without git or a commit."""
    try:
        commit = ask(directory, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
        date = ask(directory, *DATE, commit).strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    try:
        tag = ask(directory, *DESCRIBE, commit).strip()
    except subprocess.CalledProcessError:  # no tag
        tag = ""
    return Description(commit, date, tag)


def prefix(directory: str) -> str | None:
    """Return the path to ``directory`` from the top of its work tree; none without a work tree.

    :raises FileNotFoundError: when there is no git.
    :raises ForeignWorkTree: when git does not trust the owner of the repository.
    """
    question = ("rev-parse", "--is-inside-work-tree", "--show-prefix")
    try:
        inside, _newline, path = ask(directory, *question, errors="surrogateescape").partition("\n")
    except subprocess.CalledProcessError as error:
        _refuse_foreign(error)
        return None
    return path.removesuffix("\n") if inside == "true" else None


def empty_submodules(directory: str) -> Iterator[Path]:
    """Yield the submodules below ``directory`` that are not checked out, relative to it."""
    try:
        listed = ask(directory, "ls-files", "--stage", "-z", "--", ".", errors="surrogateescape")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return
    for entry in listed.split("\0"):
        attributes, _tab, name = entry.partition("\t")
        path = Path(directory, name)
        if attributes.startswith("160000 ") and not (path.is_dir() and any(path.iterdir())):
            yield Path(name)


def _refuse_foreign(error: Exception) -> None:
    if foreign := FOREIGN.search(getattr(error, "stderr", None) or ""):
        raise ForeignWorkTree(foreign["top"]) from error


def _without_filters(directory: str) -> Iterator[tuple[str, str]]:
    """Yield settings that empty each filter (gitattributes(5)), such as that of Git LFS.

    git status runs filters on files whose times have changed. Those files count as changed.
    """
    names = ask(directory, "config", "--null", "--name-only", "--list").split("\0")
    filters = {name.rpartition(".")[0] for name in names if name.startswith("filter.")}
    for each in sorted(filters):
        yield from ((f"{each}.clean", ""), (f"{each}.process", ""), (f"{each}.required", "false"))


def ask(
    directory: str,
    *arguments: str,
    settings: Iterator[tuple[str, str]] | None = None,
    errors: str = "replace",
) -> str:
    """Return the output of git, which does not write the index, which calls a hook, or fetch.

    :param errors: what to do with names that are not UTF-8 (:func:`open`).
    :raises subprocess.CalledProcessError: when git fails.
    :raises FileNotFoundError: when there is no git.
    """
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
        errors=errors,
    ).stdout
