"""Look up the digest of a directory's content."""

from __future__ import annotations

DOCUMENTATION = r"""
name: directory_digest
author: The Subsite maintainers (@subsite)
short_description: Digest of a directory on the controller
description:
  - Returns the SHA-256 of the content of a directory on the controller.
  - It depends on names, contents, links and the executable bit only. Two checkouts of the same
    commit have the same digest.
  - Files of version control, caches, bytecode and virtual environments are left out.
options:
  _terms:
    description: The directories.
    required: true
    type: list
    elements: str
  left_out:
    description:
      - More paths to leave out, as P(subsite.deploy.left_out#lookup) returns them.
    type: list
    elements: str
    default: []
  added:
    description: The content of more files by their paths. They replace files of the directory.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the digest of the source
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.directory_digest', '/home/me/shop') }}"
"""

RETURN = r"""
_raw:
  description: One hexadecimal digest for each directory.
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError
from ansible_collections.subsite.deploy.plugins.plugin_utils.packed_directory import digest, pack


class LookupModule(LookupBase):
    """Return one digest for each directory."""

    def run(self, terms: list[str], variables: dict | None = None, **kwargs: Any) -> list[str]:
        """Return the digest of each of ``terms``."""
        self.set_options(var_options=variables, direct=kwargs)
        left_out = {Path(path) for path in self.get_option("left_out")}
        try:
            return [digest(pack(term, left_out, self.get_option("added"))) for term in terms]
        except TreeError as error:
            raise AnsibleLookupError(str(error)) from error
