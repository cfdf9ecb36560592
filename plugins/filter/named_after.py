"""Fill names into patterns of paths."""

from __future__ import annotations

DOCUMENTATION = r"""
name: named_after
author: The Subsite maintainers (@subsite)
short_description: Fill each of some names into each of some patterns
description:
  - Returns every pattern once for each name, which takes the place of C(*) in it.
positional: _input, names
options:
  _input:
    description: The patterns.
    type: list
    elements: str
    required: true
  names:
    description: The names.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
releases: "{{ ['/srv/shop/*', '/etc/shop.*.conf'] | subsite.deploy.named_after(['4d1c', '70f8']) }}"
"""

RETURN = r"""
_value:
  description: The patterns with their names, name by name.
  type: list
  elements: str
"""

from collections.abc import Callable


def named_after(patterns: list[str], names: list[str]) -> list[str]:
    """Return each of ``patterns`` with each of ``names`` in the place of its ``*``."""
    return [pattern.replace("*", name) for name in names for pattern in patterns]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"named_after": named_after}
