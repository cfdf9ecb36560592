"""The settings of a project by which uv chooses versions. A lock has the versions already."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.project import parse_toml

CHOICES = (
    "constraint-dependencies",
    "exclude-newer",
    "exclude-newer-package",
    "override-dependencies",
)
"""With each, uv may refuse what a lock has: what they name has no hash, and an index may have no
dates."""

FILES = {"pyproject.toml": ("tool", "uv"), "uv.toml": ()}
"""The files that have settings of uv, and the tables there that lead to them."""


def remove_choices(tree: Path, directory: Path) -> None:
    """Remove them from the files that uv reads in ``directory``, which is in the copy ``tree``."""
    for above in (directory, *directory.parents):
        for name, tables in FILES.items():
            _remove_choices(above / name, tables)
        if above == tree:
            return


def _remove_choices(path: Path, tables: Iterable[str]) -> None:
    if not path.is_file():
        return
    content = parse_toml(path.name, path.read_text(encoding="utf-8"))
    settings = content
    for table in tables:
        settings = settings.get(table, {})
    if settings.keys().isdisjoint(CHOICES):
        return
    for name in CHOICES:
        settings.pop(name, None)
    path.unlink()  # it may be a link
    lines = [f"{_as_toml(name)} = {_as_toml(value)}\n" for name, value in content.items()]
    path.write_text("".join(lines), encoding="utf-8")


def _as_toml(value: Any) -> str:
    """Return ``value`` in one line."""
    if isinstance(value, dict):
        pairs = (f"{_as_toml(name)} = {_as_toml(each)}" for name, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_toml, value))}]"
    if isinstance(value, (str, bool)):
        # TOML has the escapes of JSON, and demands one for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)  # numbers, dates and times
