"""Look up the commit of a directory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: work_tree
author: The Subsite maintainers (@subsite)
short_description: The commit of a directory on the controller
description:
  - Returns the commit of a directory in a git work tree, its subject, and whether the directory has
    changes that are not committed.
  - It runs no hook, filter or other program that the configuration of the repository names. A file
    that a filter changes counts as changed if its time has changed.
options:
  _terms:
    description: The directories.
    required: true
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show the commit of the source
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.work_tree', '/home/me/shop') }}"
"""

RETURN = r"""
_raw:
  description: >-
    One dictionary for each directory, with C(commit), C(subject) and C(dirty). It is empty if the
    directory is in no work tree, or if git does not trust the owner of the repository.
  type: list
  elements: dict
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.subsite.deploy.plugins.plugin_utils import work_tree

UNTRUSTED = (
    "The release is recorded without its commit: git does not trust {directory}, because another "
    "user owns it. If you do: git config --global --add safe.directory {directory}"
)


class LookupModule(LookupBase):
    """Return the state of each directory."""

    def run(
        self, terms: list[str], variables: dict | None = None, **kwargs: Any
    ) -> list[dict[str, Any]]:
        """Return the state of each of ``terms``."""
        return [self._state(term) for term in terms]

    def _state(self, directory: str) -> dict[str, Any]:
        try:
            found = work_tree.read(directory)
        except work_tree.ForeignWorkTree as error:
            Display().warning(UNTRUSTED.format(directory=error))
            return {}
        if found is None:
            return {}
        return {"commit": found.commit, "subject": found.subject, "dirty": found.is_dirty}
