"""What differs between two releases, by name.

A description of a release has a dictionary of names and values for each of :data:`KINDS` that is
known of the release. Values of secrets and of files are fingerprints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt

Description = dict[str, dict[str, str]]

KINDS = {
    "environment": "environment variable",
    "secrets": "secret",
    "build_environment": "environment variable of builds",
    "settings": "setting",
    "files": "file",
    "requirements": "requirement",
    "packages": "package",
}
"""What a description can have besides source files, and how a change calls one of it."""

SOURCE_FILES = "source_files"
"""The files of the source: by path, their mode and their ID, as git has them."""

HIDDEN = frozenset({"secrets", "build_environment", "files"})
"""Kinds whose values are fingerprints."""

WITH_VALUES = frozenset({"settings", "packages"})
"""Kinds whose values are part of a change. Those of environment variables may be long."""

NAMED = 5
"""How many source files a change names."""

LISTED = 20
"""How many source files a diff lists."""

MODE_AND_ID = len("100644 ") + 12
"""Characters of a mode and an ID that a diff shows."""

LONGEST = 200
"""Characters of a value."""


def changes(before: Description, after: Description) -> list[dict[str, Any]]:
    """Return what differs, of the kinds that both descriptions have.

    Each change has the ``kind``, the ``name``, and whether it was ``added``, ``removed`` or
    ``changed``; for settings and packages also the value ``before`` and ``after``. All source files
    are one change, with their numbers and the first names.
    """
    found: list[dict[str, Any]] = []
    for kind, old, new in _common(before, after):
        names = _differing(old, new)
        if kind != SOURCE_FILES:
            found += [_change(kind, name, old.get(name), new.get(name)) for name in names]
        elif names:
            counted = [_event(old.get(name), new.get(name)) for name in names]
            events = {event: counted.count(event) for event in ("added", "removed", "changed")}
            found.append({"kind": "source files", **events, "names": names[:NAMED]})
    return found


def diff(before: Description, after: Description) -> tuple[str, str]:
    """Return the lines of all that differs, before and after, for Ansible's ``--diff``."""
    old_lines: list[str] = []
    new_lines: list[str] = []
    for kind, old, new in _common(before, after):
        names = _differing(old, new)
        listed = names[:LISTED] if kind == SOURCE_FILES else names
        old_lines += [_line(kind, name, old[name]) for name in listed if name in old]
        new_lines += [_line(kind, name, new[name], name in old) for name in listed if name in new]
        if len(names) > len(listed):
            new_lines.append(f"{len(names) - len(listed)} more source files differ")
    return _text(old_lines), _text(new_lines)


def _common(
    before: Description, after: Description
) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    for kind in (*KINDS, SOURCE_FILES):
        if kind in before and kind in after:
            yield kind, before[kind], after[kind]


def _differing(old: dict[str, str], new: dict[str, str]) -> list[str]:
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _event(old: str | None, new: str | None) -> str:
    return "added" if old is None else "removed" if new is None else "changed"


def _change(kind: str, name: str, old: str | None, new: str | None) -> dict[str, Any]:
    change: dict[str, Any] = {"kind": KINDS[kind], "name": name, "change": _event(old, new)}
    if kind in WITH_VALUES:
        change["before"] = None if old is None else excerpt(old, LONGEST)
        change["after"] = None if new is None else excerpt(new, LONGEST)
    return change


def _line(kind: str, name: str, value: str, is_new: bool = False) -> str:
    """Return a line of a diff. A hidden value that ``is_new`` replaces another one."""
    if kind in HIDDEN:
        value = "another value" if is_new else "a value"
    elif kind == SOURCE_FILES:
        value = value[:MODE_AND_ID]
    label = excerpt(f"{KINDS.get(kind, 'source file')} {name}", LONGEST)
    return f"{label}: {excerpt(value, LONGEST)}" if value else label


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
