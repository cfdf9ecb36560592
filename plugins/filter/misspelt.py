"""Say which variables of a role do not exist."""

from __future__ import annotations

from ansible_collections.subsite.deploy.plugins.module_utils import refusal

DOCUMENTATION = r"""
name: misspelt
author: The Subsite maintainers (@subsite)
short_description: Say which variables of a role do not exist
description:
  - Returns one sentence for each variable that the role does not have, with the one that may be
    meant.
positional: _input, known
options:
  _input:
    description: Names of the variables that are set.
    type: list
    elements: str
    required: true
  known:
    description: Names of all variables that the role has.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
problems: "{{ ['wsgi_app_relase'] | subsite.deploy.misspelt(['wsgi_app_release']) }}"
"""

RETURN = r"""
_value:
  description: The sentences; none when all variables exist.
  type: list
  elements: str
"""


def misspelt(names: list[str], known: list[str]) -> list[str]:
    """Return what is wrong with ``names``, in sentences."""
    return list(refusal.misspelt(names, known))


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict:
        """Return the filters by name."""
        return {"misspelt": misspelt}
