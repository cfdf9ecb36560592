"""Put names into patterns."""

from __future__ import annotations

DOCUMENTATION = r"""
name: expand_patterns
author: The Subsite maintainers (@subsite)
short_description: Put names into patterns
description:
  - Returns each pattern once for each name. The name replaces C(*) in the pattern.
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
releases: "{{ ['/srv/*', '/etc/shop.*.conf'] | subsite.deploy.expand_patterns(['4d1c', '70f8']) }}"
"""

RETURN = r"""
_value:
  description: The expanded patterns, grouped by name.
  type: list
  elements: str
"""

from collections.abc import Callable


def expand_patterns(patterns: list[str], names: list[str]) -> list[str]:
    """Return each of ``patterns`` once for each of ``names``, which replaces its ``*``."""
    return [pattern.replace("*", name) for name in names for pattern in patterns]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"expand_patterns": expand_patterns}
