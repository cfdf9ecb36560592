"""Render a template once for each item of a list."""

from __future__ import annotations

DOCUMENTATION = r"""
name: templates_of
author: The Subsite maintainers (@subsite)
short_description: Render a template once for each item of a list
description:
  - Returns one entry of the module M(subsite.deploy.file_set) for each item.
options:
  _terms:
    description: The template, as for P(ansible.builtin.template#lookup).
    required: true
    type: list
    elements: str
  items:
    description: The items. The template has each as the variable O(variable).
    type: list
    elements: dict
    required: true
  variable:
    description: Name of the variable.
    type: str
    required: true
  directory:
    description: Directory of the files.
    type: str
    required: true
  file_name:
    description: The key of an item that has the name of its file.
    type: str
    required: true
"""

EXAMPLES = r"""
files: >-
  {{ query('subsite.deploy.templates_of', 'process.service.j2', items=processes, variable='process',
           directory='/etc/systemd/system', file_name='unit') }}
"""

RETURN = r"""
_raw:
  description: The entries, each with C(dest) and C(content).
  type: list
  elements: dict
"""

from typing import Any

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Return one file for each item."""

    def run(self, terms: list[str], variables: dict | None = None, **kwargs: Any) -> list[dict]:
        """Return the files that the template in ``terms`` makes of the items."""
        self.set_options(var_options=variables, direct=kwargs)
        template = lookup_loader.get(
            "ansible.builtin.template", loader=self._loader, templar=self._templar
        )
        entries = []
        for item in self.get_option("items"):
            [content] = template.run(
                terms, variables, template_vars={self.get_option("variable"): item}
            )
            file_name = item[self.get_option("file_name")]
            entries.append(
                {"dest": f"{self.get_option('directory')}/{file_name}", "content": content}
            )
        return entries
