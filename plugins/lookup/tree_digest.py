"""Look up the digest of a directory's content."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tree_digest
author: The Subsite maintainers (@subsite)
short_description: Digest of a directory on the controller
description:
  - Returns the SHA-256 of what a directory on the controller holds.
  - It depends on names, contents, links and the executable bit alone, so two checkouts of
    the same commit have the same digest.
  - Version control, caches, bytecode and virtual environments do not count.
options:
  _terms:
    description: The directories.
    required: true
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show what the source is at
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.tree_digest', '/home/me/shop') }}"
"""

RETURN = r"""
_raw:
  description: One hexadecimal digest for each directory.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.module_utils.tree import (
    TreeError,
    digest,
    pack,
)


class LookupModule(LookupBase):
    """Return one digest for each directory."""

    def run(self, terms: list[str], variables: dict | None = None, **kwargs: Any) -> list[str]:
        """Pack each of ``terms`` and digest it."""
        try:
            return [digest(pack(term)) for term in terms]
        except TreeError as error:
            raise AnsibleLookupError(str(error)) from error
