"""Prepare the moved paths of a site for the configuration of nginx."""

from __future__ import annotations

DOCUMENTATION = r"""
name: moved_paths
author: The Subsite maintainers (@subsite)
short_description: Prepare the moved paths of a site for the configuration of nginx
description:
  - Returns what nginx compares and returns for each path of C(nginx_site_redirects).
positional: _input
options:
  _input:
    description: The targets by the paths, as in C(nginx_site_redirects).
    type: dict
    required: true
"""

EXAMPLES = r"""
moved: "{{ {'/old': '/new', '/gone': {'code': 410}} | subsite.deploy.moved_paths }}"
"""

RETURN = r"""
_value:
  description:
    - For each path, C(condition), which is the path as a string of nginx; C(is_long), whether that
      is a regular expression, because the path is too long for a location; C(target), in ASCII,
      empty if the path is gone; and C(code).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils import moved_paths as moved


def moved_paths(redirects: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each path of ``redirects`` as a dictionary."""
    return [
        {
            "condition": entry.condition,
            "is_long": entry.is_long,
            "target": entry.target,
            "code": entry.code,
        }
        for entry in moved.moved_paths(redirects)
    ]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"moved_paths": moved_paths}
