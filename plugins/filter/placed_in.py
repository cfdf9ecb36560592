"""Say where a set of files belongs, and to whom."""

from __future__ import annotations

DOCUMENTATION = r"""
name: placed_in
author: The Subsite maintainers (@subsite)
short_description: Put files of the module file_set into a directory
description:
  - Returns the files with their paths below a directory, and with the rights that they do not have
    of their own.
positional: _input, parent
options:
  _input:
    description: >-
      The files, each with its C(dest), or that alone. It counts from the directory, even if it
      begins with a slash.
    type: list
    elements: raw
    required: true
  parent:
    description: The directory that they belong in.
    type: str
    required: true
  owner:
    description: Their owner.
    type: str
  group:
    description: Their group.
    type: str
  mode:
    description: Their permissions.
    type: str
  directory:
    description: Whether they are directories.
    type: bool
"""

EXAMPLES = r"""
directories: "{{ ['media'] | subsite.deploy.placed_in('/srv/shop', directory=true) }}"
"""

RETURN = r"""
_value:
  description: The files.
  type: list
  elements: dict
"""

import posixpath
from collections.abc import Callable


def placed_in(files: list[dict | str], parent: str, **common: str | bool) -> list[dict]:
    """Return ``files`` as they are to be in ``parent``, with what they have in ``common``."""
    entries = [{"dest": file} if isinstance(file, str) else file for file in files]
    return [
        {**common, **entry, "dest": posixpath.join(parent, entry["dest"].lstrip("/"))}
        for entry in entries
    ]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"placed_in": placed_in}
