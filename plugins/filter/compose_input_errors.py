"""Find what is wrong with the inputs of playbooks/compose.yml."""

from __future__ import annotations

DOCUMENTATION = r"""
name: compose_input_errors
author: The Subsite maintainers (@subsite)
short_description: What is wrong with the inputs of playbooks/compose.yml
description:
  - Returns one sentence for each error, with the variable, its value, and what would be right.
positional: _input, owner
options:
  _input:
    description: The directory of the Compose project.
    type: str
    required: true
  owner:
    description: The user who owns its files.
    type: str
    required: true
"""

EXAMPLES = r"""
errors: "{{ compose_directory | subsite.deploy.compose_input_errors('me') }}"
"""

RETURN = r"""
_value:
  description: The errors; empty if there are none.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import compose


def compose_input_errors(directory: str, owner: str) -> list[str]:
    """Return what is wrong with ``directory`` and ``owner``, in sentences."""
    return list(compose.of_project(directory, owner))


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"compose_input_errors": compose_input_errors}
