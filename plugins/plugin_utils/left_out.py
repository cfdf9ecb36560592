"""Which files of a directory of the controller are left out: those that git ignores, and patterns.

Git itself decides, in the directory and in each repository below it.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import (
    TreeError,
    list_paths,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils import work_tree

LIST = ("ls-files", "-z", "--ignored")


def find(directory: str, exclude: Sequence[str] = ()) -> set[Path]:
    """Return the files and directories that are left out, relative to ``directory``.

    :param exclude: lines as in a .gitignore file. They come after those of the project.
    :raises TreeError: when git is missing, fails, or does not trust the owner of a repository.
    """
    root = Path(directory)
    found = set(_find_in(root, exclude))
    # The walk does not enter what is found meanwhile.
    for path in list_paths(root, found):
        if (path / ".git").exists() and not path.is_symlink():
            place = path.relative_to(root)
            patterns = [below for line in exclude for below in _below(line, place)]
            found.update(place / name for name in _find_in(path, patterns))
    # git also lists the files of a directory that has no others.
    return {path for path in found if found.isdisjoint(path.parents)}


def _find_in(directory: Path, exclude: Sequence[str]) -> Iterator[Path]:
    """Yield what is left out of ``directory``, but not of a repository below it."""
    try:
        prefix = work_tree.prefix(str(directory))
        if prefix is None or _is_ignored(directory):
            ignored = _matching(directory, exclude) if exclude else []
        else:
            options = [f"--exclude={_anchored(line, prefix)}" for line in exclude]
            ignored = _list(directory, "--others", "--directory", "--exclude-standard", *options)
            ignored += _list(directory, "--cached", *options) if exclude else []
    except FileNotFoundError as error:
        if not exclude and not _is_in_work_tree(directory):
            return
        raise TreeError(
            f"{directory}: the controller has no git, which reads .gitignore files and "
            "wsgi_app_source.exclude. Install git there"
        ) from error
    except work_tree.ForeignWorkTree as error:
        raise TreeError(
            f"git does not read the .gitignore files of {directory}, because another user owns its "
            f"repository. If you trust it: git config --global --add safe.directory {error}"
        ) from error
    except subprocess.CalledProcessError as error:
        raise TreeError(
            f"git cannot list the files of {directory}: {error.stderr.strip()}"
        ) from error
    # A directory is listed, too, if all that it has is ignored.
    yield from (Path(name) for name in ignored if name != "./")


def _is_ignored(directory: Path) -> bool:
    """Return whether the repository ignores all of ``directory``, and so has no rules for it."""
    try:
        return bool(work_tree.ask(str(directory), "check-ignore", "."))
    except subprocess.CalledProcessError as error:
        if error.returncode == 1:
            return False
        raise


def _matching(directory: Path, exclude: Sequence[str]) -> list[str]:
    """Return what the patterns match in a ``directory`` without a repository."""
    with tempfile.TemporaryDirectory() as scratch:
        work_tree.ask(scratch, "init", "--quiet", "--template=", ".")
        places = (f"--git-dir={scratch}/.git", f"--work-tree={directory}")
        options = [f"--exclude={line}" for line in exclude]
        return _list(directory, "--others", "--directory", *options, places=places)


def _list(directory: Path, *options: str, places: Sequence[str] = ()) -> list[str]:
    listed = work_tree.ask(str(directory), *places, *LIST, *options, errors="surrogateescape")
    return listed.split("\0")[:-1]


def _anchored(line: str, prefix: str) -> str:
    """Return the pattern ``line`` for the top of the work tree, where patterns begin for git.

    :param prefix: the path from there to the directory, with a slash at its end.
    """
    negation, pattern = _parts(line)
    if not prefix or "/" not in pattern.rstrip("/"):
        return line
    literal = re.sub(r"([\\*?\[])", r"\\\1", prefix)
    return f"{negation}/{literal}{pattern.removeprefix('/')}"


def _below(line: str, place: Path) -> Iterator[str]:
    """Yield the pattern ``line`` for a repository at ``place``, if it can match a file in it."""
    negation, pattern = _parts(line)
    if "/" not in pattern.rstrip("/") or pattern.startswith("**/"):
        yield line
        return
    names = pattern.removeprefix("/").split("/")
    for name in place.parts:
        if names[0] == "**":
            break
        if not fnmatchcase(name, names.pop(0)) or not any(names):
            return
    yield f"{negation}/{'/'.join(names)}"


def _parts(line: str) -> tuple[str, str]:
    """Return ``!`` if the pattern negates, and the rest."""
    return ("!", line[1:]) if line.startswith("!") else ("", line)


def _is_in_work_tree(directory: Path) -> bool:
    return any((path / ".git").exists() for path in (directory, *directory.absolute().parents))
