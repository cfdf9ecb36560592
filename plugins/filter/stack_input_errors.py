"""Find what is wrong with the inputs of playbooks/stack.yml."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stack_input_errors
author: The Subsite maintainers (@subsite)
short_description: What is wrong with the inputs of playbooks/stack.yml
description:
  - Returns one sentence for each error, with the variable, its value, and what would be right.
positional: _input, name, registry, login
options:
  _input:
    description: The directory of the stack.
    type: str
    required: true
  name:
    description: The name of the stack.
    type: str
    required: true
  registry:
    description: Where the images will be.
    type: str
    required: true
  login:
    description: C(username) and C(password) for the registry, or nothing.
    type: raw
    required: true
"""

EXAMPLES = r"""
errors: "{{ '/home/me/shop' | subsite.deploy.stack_input_errors('shop', 'example.org', {}) }}"
"""

RETURN = r"""
_value:
  description: The errors; empty if there are none.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import stack


def stack_input_errors(
    directory: str, name: str, registry: str, login: dict[str, str] | str
) -> list[str]:
    """Return what is wrong with the inputs, in sentences."""
    return list(stack.of_project(directory, name, registry, login))


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"stack_input_errors": stack_input_errors}
