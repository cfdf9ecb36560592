"""Escape control characters in texts of apps, proxies and tools."""

from __future__ import annotations

DOCUMENTATION = r"""
name: printable
author: The Subsite maintainers (@subsite)
short_description: A text without control characters
description:
  - Returns the text with an escape, as C(\x1b), in place of each control character (C0 and C1 of
    ECMA-48), each format character (such as those that change the direction of writing), each
    surrogate, and each line or paragraph separator of Unicode. Line feeds and tabs stay.
  - Use it for each text of an app, a proxy or a tool in a message.
positional: _input
options:
  _input:
    description: The text.
    type: str
    required: true
"""

EXAMPLES = r"""
message: "{{ journal.stdout | subsite.deploy.printable }}"
"""

RETURN = r"""
_value:
  description: The text, safe to show.
  type: str
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.module_utils.printable import printable


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"printable": printable}
