"""Put entries of the module file_set under a directory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: under_directory
author: The Subsite maintainers (@subsite)
short_description: Put entries of the module file_set under a directory
description:
  - Returns the entries with their paths under a directory. An attribute is added to each entry that
    does not set it.
positional: _input, parent
options:
  _input:
    description: >-
      The entries, each a dictionary with C(dest), or a path alone. Paths start from the directory,
      also those that begin with a slash.
    type: list
    elements: raw
    required: true
  parent:
    description: The directory.
    type: str
    required: true
  owner:
    description: Owner of the files.
    type: str
  group:
    description: Group of the files.
    type: str
  mode:
    description: Permissions of the files, in octal.
    type: str
  directory:
    description: Whether the entries are directories.
    type: bool
"""

EXAMPLES = r"""
directories: "{{ ['media'] | subsite.deploy.under_directory('/srv/shop', directory=true) }}"
"""

RETURN = r"""
_value:
  description: The entries.
  type: list
  elements: dict
"""

import posixpath
from collections.abc import Callable


def under_directory(files: list[dict | str], parent: str, **common: str | bool) -> list[dict]:
    """Return ``files`` with their paths under ``parent`` and the attributes in ``common``."""
    entries = [{"dest": file} if isinstance(file, str) else file for file in files]
    return [
        {**common, **entry, "dest": posixpath.join(parent, entry["dest"].lstrip("/"))}
        for entry in entries
    ]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"under_directory": under_directory}
