"""Find what is wrong with the inputs of playbooks/manifests.yml."""

from __future__ import annotations

DOCUMENTATION = r"""
name: manifests_input_errors
author: The Subsite maintainers (@subsite)
short_description: What is wrong with the inputs of playbooks/manifests.yml
description:
  - Returns one sentence for each error, with the variable, its value, and what would be right.
positional: _input, registry, ingress
options:
  _input:
    description: The directory of the manifests.
    type: str
    required: true
  registry:
    description: Where the images will be.
    type: str
    required: true
  ingress:
    description: Class and namespace of the ingress controller, or nothing.
    type: dict
    required: true
"""

EXAMPLES = r"""
errors: "{{ manifests_directory | subsite.deploy.manifests_input_errors('example.org', {}) }}"
"""

RETURN = r"""
_value:
  description: The errors; empty if there are none.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import cluster


def manifests_input_errors(directory: str, registry: str, ingress: dict) -> list[str]:
    """Return what is wrong with the inputs, in sentences."""
    return list(cluster.of_manifests(directory, registry, ingress))


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"manifests_input_errors": manifests_input_errors}
