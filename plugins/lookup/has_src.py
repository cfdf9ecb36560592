"""Look up whether the modules of a project are in its directory src."""

from __future__ import annotations

DOCUMENTATION = r"""
name: has_src
author: The Subsite maintainers (@subsite)
short_description: Whether the modules of a project are in its directory src
description:
  - Returns whether a directory on the controller has a project with its modules in C(src).
options:
  _terms:
    description: The directories of the sources.
    required: true
    type: list
    elements: str
  directory:
    description: The directory of the project in each source.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Say where the modules are
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.has_src', '/home/me/shop', directory='backend') }}"
"""

RETURN = r"""
_raw:
  description: One value for each source.
  type: list
  elements: bool
"""

from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.module_utils.project import Project
from ansible_collections.subsite.deploy.plugins.module_utils.source import Source


class LookupModule(LookupBase):
    """Return one value for each source."""

    def run(self, terms: list[str], variables: dict | None = None, **kwargs: Any) -> list[bool]:
        """Return whether the project of each source in ``terms`` has its modules in ``src``."""
        self.set_options(var_options=variables, direct=kwargs)
        directory = self.get_option("directory")
        return [Project(Source(Path(term)), directory).has_src for term in terms]
