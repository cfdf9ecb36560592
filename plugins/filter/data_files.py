"""Make entries for the module file_set from wsgi_app_files."""

from __future__ import annotations

DOCUMENTATION = r"""
name: data_files
author: The Subsite maintainers (@subsite)
short_description: Make entries for the module file_set from wsgi_app_files
description:
  - Returns one entry for each file, in the same order, with its mode.
positional: _input
options:
  _input:
    description: RV(ignore:wsgi_app_files), with all its keys, and without directories of templates.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
files: "{{ wsgi_app_files | subsite.deploy.data_files }}"
"""

RETURN = r"""
_value:
  description: The entries, each with C(dest), C(content) or C(secret), and C(mode).
  type: list
  elements: dict
"""

from collections.abc import Callable


def data_files(files: list[dict]) -> list[dict]:
    """Return the entries of ``file_set`` for ``files``."""
    return [
        {
            "dest": file["dest"],
            **(
                {"content": file["content"]}
                if file["secret"] is None
                else {"secret": file["secret"]}
            ),
            "mode": file["mode"] or ("0640" if file["secret"] is None else "0600"),
        }
        for file in files
    ]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"data_files": data_files}
