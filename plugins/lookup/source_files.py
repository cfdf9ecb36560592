"""Look up the files of a source."""

from __future__ import annotations

DOCUMENTATION = r"""
name: source_files
author: The Subsite maintainers (@subsite)
short_description: The files of a source on the controller
description:
  - Returns the paths of all files of a directory that belong to a source, with their modes and
    their IDs, as C(git ls-tree) shows them.
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
"""

EXAMPLES = r"""
- name: Show the files of the source
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.source_files', '/home/me/shop') }}"
"""

RETURN = r"""
_raw:
  description: One dictionary for each directory.
  type: list
  elements: dict
  sample: [{"app.py": "100644 ce013625030ba8dba906f756967f9e9ca394464a"}]
"""

import hashlib
import os
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import list_paths


def source_files(directory: str, left_out: AbstractSet[Path] = frozenset()) -> dict[str, str]:
    """Return the mode and the ID of each file of the source at ``directory``.

    :param left_out: paths that are not listed, relative to ``directory``.
    """
    root = Path(directory)
    return {
        printed(path.relative_to(root)): mode_and_id(path)
        for path in list_paths(root, left_out)
        if path.is_symlink() or not path.is_dir()
    }


def printed(path: Path) -> str:
    """Return ``path`` as a text that can be encoded: a name need not be UTF-8."""
    return os.fsencode(path).decode(errors="backslashreplace")


def mode_and_id(path: Path) -> str:
    """Return the mode and the ID that git gives ``path``."""
    if path.is_symlink():
        return f"120000 {blob_id(os.fsencode(os.readlink(path)))}"
    mode = "100755" if os.access(path, os.X_OK) else "100644"
    return f"{mode} {blob_id(path.read_bytes())}"


def blob_id(content: bytes) -> str:
    """Return the ID that git gives a file with this content (gitformat-pack(5), SHA-1)."""
    head = b"blob %d\0" % len(content)
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


class LookupModule(LookupBase):
    """Return the files of each directory."""

    def run(
        self, terms: list[str], variables: dict | None = None, **kwargs: Any
    ) -> list[dict[str, str]]:
        """Return the files of each of ``terms``."""
        self.set_options(var_options=variables, direct=kwargs)
        left_out = {Path(path) for path in self.get_option("left_out")}
        return [source_files(term, left_out) for term in terms]
