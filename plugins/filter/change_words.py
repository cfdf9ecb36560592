"""Say in one line what a release changes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: change_words
author: The Subsite maintainers (@subsite)
short_description: One line about what a release changes
description:
  - Returns the changes that M(subsite.deploy.describe_release) has found, in words.
positional: _input
options:
  _input:
    description: The changes.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
line: "{{ shop.changes | subsite.deploy.change_words }}"
"""

RETURN = r"""
_value:
  description: The changes in words; empty if there are none.
  type: str
  sample: secret API_KEY; workers 2 -> 4; 3 source files (app.py, cart.py, mail.py)
"""

from collections.abc import Callable
from typing import Any

LONGEST = 40
"""Characters of a value that is part of the line."""

MOST = 12
"""How many changes the line names."""


def change_words(changes: list[dict[str, Any]]) -> str:
    """Return ``changes`` in words."""
    words = [_files(each) if "names" in each else _words(each) for each in changes]
    more = [f"{len(words) - MOST} more"] if len(words) > MOST else []
    return "; ".join(words[:MOST] + more)


def _words(change: dict[str, Any]) -> str:
    kind, name, event = change["kind"], change["name"], change["change"]
    label = name if kind == "setting" else f"{kind} {name}"
    values = [change.get("before"), change.get("after")]
    if not all(value is None or len(value) <= LONGEST for value in values) or values == [None] * 2:
        return label if event == "changed" else f"{label} {event}"
    if event == "changed":
        return f"{label} {values[0]} -> {values[1]}"
    return f"{label} {values[1]} added" if event == "added" else f"{label} {values[0]} removed"


def _files(change: dict[str, Any]) -> str:
    count = change["added"] + change["removed"] + change["changed"]
    names = [*change["names"], *(["…"] if count > len(change["names"]) else [])]
    return f"{count} source {'file' if count == 1 else 'files'} ({', '.join(names)})"


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"change_words": change_words}
