"""The locks of other tools: what each is called, and which commands check and export it.

An exported lock is a requirements file with one version and the hashes of each package.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.subsite.deploy.plugins.module_utils.project import Project, read_toml
from ansible_collections.subsite.deploy.plugins.module_utils.source import Source

UV_EXPORT = (
    "export --frozen --no-emit-project --no-editable --no-header --no-annotate "
    "--format=requirements.txt"
)


@dataclass(frozen=True)
class Tool:
    """A tool with a lock of its own, and its commands. Each has the options of the export."""

    name: str
    lock: str
    declared_in: str
    """The file that the lock was made from."""
    packages: tuple[str, ...]
    """What installs the tool."""
    check: str
    """The command that fails if the lock does not match the project."""
    export: str
    resolve: str
    """The command that makes the lock."""
    options: Callable[[list[str], list[str]], list[str]]
    """Returns the options of the export for extras and groups."""
    indexes: str = ""
    """The list of indexes among the tool's settings in pyproject.toml, if the export lacks them."""
    standard: bool = False
    """Whether the export has the format of pylock.toml."""
    check_names_lock: bool = False
    """Whether the check also fails for other reasons, and then does not name the lock."""
    lists_groups: bool = False
    """Whether its lock lists the extras and groups that it has, which may be only some."""
    no_groups: tuple[str, ...] = ()
    """Tables of :attr:`declared_in` that are no groups, if all others are. Then it has no extras,
    and the tool takes each name for that of an empty group."""
    check_builds: bool = False
    """Whether the check builds a project whose dependencies only a build can find."""


def _repeated(option: str, names: list[str]) -> list[str]:
    return [f"{option}={name}" for name in names]


def _of_uv(extras: list[str], groups: list[str]) -> list[str]:
    # uv's default groups are for developers: dev, and what default-groups has.
    chosen = [*_repeated("--extra", extras), *_repeated("--group", groups)]
    return [*chosen, "--no-default-groups"]


def _of_poetry(extras: list[str], groups: list[str]) -> list[str]:
    return [*_repeated("--extras", extras), *_repeated("--with", groups)]


def _of_pdm(extras: list[str], groups: list[str]) -> list[str]:
    # With --prod, pdm takes no group of dependency-groups; without it, all of them by default.
    return [*_repeated("--group", extras + groups), *([] if groups else ["--prod"])]


def _of_pipenv(extras: list[str], groups: list[str]) -> list[str]:
    return [f"--categories={' '.join(['packages', *groups])}"] if groups else []


TOOLS = (
    Tool(
        name="uv",
        lock="uv.lock",
        declared_in="pyproject.toml",
        packages=(),  # get_uv installs it
        check="lock --check",
        check_builds=True,
        export=UV_EXPORT,
        resolve="lock",
        options=_of_uv,
        indexes="index",
    ),
    Tool(
        name="poetry",
        lock="poetry.lock",
        declared_in="pyproject.toml",
        packages=("poetry", "poetry-plugin-export"),
        check="check --lock",
        check_names_lock=True,
        export="export --with-credentials --format=requirements.txt",
        resolve="lock",
        options=_of_poetry,
    ),
    Tool(
        name="pdm",
        lock="pdm.lock",
        declared_in="pyproject.toml",
        packages=("pdm[locked]",),
        check="lock --check",
        check_builds=True,
        export="export --format=pylock",
        resolve="lock",
        options=_of_pdm,
        lists_groups=True,
        indexes="source",
        standard=True,
    ),
    Tool(
        name="pipenv",
        lock="Pipfile.lock",
        declared_in="Pipfile",
        no_groups=("source", "packages", "requires", "scripts", "pipenv"),
        packages=("pipenv",),
        check="verify",
        export="requirements --hash",
        resolve="lock",
        options=_of_pipenv,
    ),
)
"""The tools, those whose lock precedes others first."""

STANDARD = "pylock.toml"
"""A lock that several tools write. Both installers can be given what it has."""


def tool_with_lock(source: Source) -> tuple[Tool, str] | None:
    """Return the tool whose lock the source has, and the path of this lock."""
    for tool in TOOLS:
        if path := lock_of(tool, source):
            return tool, path
    return None


def lock_of(tool: Tool, source: Source) -> str:
    """Return the path of the lock of ``tool``; empty if there is none.

    A member of a workspace of uv has the lock of the workspace, in a directory above.
    """
    start = source.of_project("")
    for directory in [start, *_workspaces(source)] if tool.name == "uv" else [start]:
        path = os.path.normpath(os.path.join(directory, tool.lock))
        if source.content(path) is not None:
            return path
    return ""


def root_of(tool: Tool, source: Source) -> str:
    """Return the directory that the paths in an export of ``tool`` start from.

    It is the one of the lock: that of the workspace, for a member of a workspace of uv.
    """
    if lock := lock_of(tool, source):
        return os.path.dirname(lock) or "."
    above = _workspaces(source) if tool.name == "uv" else []
    return above[0] if above else source.of_project("")


def tool_without_lock(source: Source, project: Project) -> Tool | None:
    """Return the tool that alone can read what the project depends on, if there is one."""
    uv, poetry = (project.tools.get(name, {}) for name in ("uv", "poetry"))
    standard = "project" in project.pyproject
    builds_all = project.builds and not source.choice.groups  # no metadata has groups
    needed = {
        "uv": standard and bool(uv.get("sources") or uv.get("workspace") or _workspaces(source)),
        "poetry": "dependencies" in poetry and (standard or not builds_all),
        "pipenv": source.is_file(source.of_project("Pipfile")),
    }
    return next((tool for tool in TOOLS if needed.get(tool.name)), None)


def _workspaces(source: Source) -> list[str]:
    """Return the directories above the project that have a workspace of uv."""
    directory, found = source.of_project(""), []
    while directory != ".":
        directory = os.path.dirname(directory) or "."
        name = os.path.normpath(os.path.join(directory, "pyproject.toml"))
        settings = read_toml(name, source).get("tool", {}).get("uv", {})
        if "workspace" in settings:
            found.append(directory)
    return found
