"""Files that name the tag of a commit, for projects that take their version from git.

A release has no repository. `git archive` makes the same files from a template of the project, and
the tools know them: https://setuptools-scm.readthedocs.io/en/latest/usage/#git-archives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

DECLARATIONS = ("pyproject.toml", "setup.py", "setup.cfg")
"""Files that can name such a tool."""

TOOLS = {
    ".git_archival.txt": r"setuptools[-_.]scm|hatch-vcs|vcs[-_.]versioning",
    ".git_archival.json": r"dunamai|(poetry|uv)-dynamic-versioning",
}
"""The file that tools read, and their names as an extended regular expression."""

DESCRIBE = ("describe", "--tags", "--long", "--match", "*[0-9]*")
"""The question to git about a commit, as setuptools-scm asks it."""

DATE = ("log", "-1", "--no-show-signature", "--format=%cI")


class Description(NamedTuple):
    """A commit, its date in ISO 8601, and what git describe says; empty without a tag."""

    commit: str
    date: str
    tag: str


def tools_in(text: str) -> Iterable[str]:
    """Yield the files of :data:`TOOLS` for the tools that ``text`` names."""
    return (name for name, tools in TOOLS.items() if re.search(tools, text))


def files(projects: Mapping[str, Iterable[str]], description: Description) -> dict[str, str]:
    """Return the content of each file, by its path.

    :param projects: for each file of :data:`TOOLS`, the declarations that name one of its tools.
    """
    contents = {
        ".git_archival.txt": _text(description),
        ".git_archival.json": _json(description),
    }
    return {
        str(PurePosixPath(declaration).with_name(name)): contents[name]
        for name, declarations in projects.items()
        for declaration in declarations
    }


def _text(description: Description) -> str:
    lines = [f"node: {description.commit}", f"node-date: {description.date}"]
    lines += [f"describe-name: {description.tag}"] if description.tag else []
    return "".join(f"{line}\n" for line in lines)


def _json(description: Description) -> str:
    return json.dumps(
        {
            "hash-full": description.commit,
            "hash-short": description.commit[:7],
            "timestamp": description.date,
            "refs": "HEAD",
            "describe": description.tag,
        }
    )
