"""Make entries for the module file_set from a dictionary of contents."""

from __future__ import annotations

DOCUMENTATION = r"""
name: file_entries
author: The Subsite maintainers (@subsite)
short_description: Make entries for the module file_set from a dictionary of contents
description:
  - Returns one entry for each file of the dictionary, in its order.
positional: _input, directory
options:
  _input:
    description: The contents of the files by their paths.
    type: dict
    required: true
  directory:
    description: >-
      The directory that the paths start from, also those that begin with a slash. Without it, the
      paths stay as they are.
    type: str
    default: ""
  owner:
    description: Owner of all files.
    type: str
  group:
    description: Group of all files.
    type: str
  mode:
    description: Permissions of all files, in octal.
    type: str
  ours:
    description: Text that a file which exists already has to hold.
    type: str
"""

EXAMPLES = r"""
files: "{{ {'a.conf': 'text'} | subsite.deploy.file_entries('/etc/shop', mode='0640') }}"
"""

RETURN = r"""
_value:
  description: The entries, each with C(dest), C(content) and the attributes.
  type: list
  elements: dict
"""

import posixpath
from collections.abc import Callable


def file_entries(contents: dict[str, str], directory: str = "", **attributes: str) -> list[dict]:
    """Return an entry of ``file_set`` for each file in ``contents``."""
    return [
        {
            "dest": posixpath.join(directory, path.lstrip("/")) if directory else path,
            "content": content,
            **attributes,
        }
        for path, content in contents.items()
    ]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"file_entries": file_entries}
