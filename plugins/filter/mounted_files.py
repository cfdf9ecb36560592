"""Name files for a cluster, which mounts them in containers."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mounted_files
author: The Subsite maintainers (@subsite)
short_description: Files as entries of ConfigMaps and Secrets
description:
  - Returns one dictionary for each file. Directories and links are left out.
positional: _input, directory
options:
  _input:
    description: Entries of the module M(subsite.deploy.file_set).
    type: list
    elements: dict
    required: true
  directory:
    description: The directory that paths are relative to.
    type: str
    default: /
"""

EXAMPLES = r"""
files: "{{ [{'dest': '/etc/a.conf', 'content': 'text'}] | subsite.deploy.mounted_files('/etc') }}"
"""

RETURN = r"""
_value:
  description: >-
    For each file C(dest); C(path), which is relative to the directory; C(key), which is unique and
    has only characters that a key of a ConfigMap may have; C(content); C(secret), which says
    whether the content is secret; and C(digest) of the content.
  type: list
  elements: dict
"""

import hashlib
import posixpath
import re
from collections.abc import Callable
from typing import Any

OTHER = re.compile(r"[^-._a-zA-Z0-9]")
"""What a key cannot have. It has at most 253 characters."""


def mounted_files(files: list[dict], directory: str = "/") -> list[dict[str, Any]]:
    """Return the files among ``files``, with keys and digests."""
    found: list[dict[str, Any]] = []
    for file in files:
        text = file.get("content", file.get("secret"))
        if text is None:
            continue
        path = posixpath.relpath(file["dest"], directory)
        found.append(
            {
                "dest": file["dest"],
                "path": path,
                "key": _key(path, {other["key"] for other in found}),
                "content": text,
                "secret": "secret" in file,
                "digest": hashlib.sha256(text.encode()).hexdigest()[:12],
            }
        )
    return found


def _key(path: str, taken: set[str]) -> str:
    """Return a key for ``path`` that is not among ``taken``."""
    key = OTHER.sub("_", path)[-240:]
    if key in taken or key.startswith(".."):
        key = f"{hashlib.sha256(path.encode()).hexdigest()[:12]}-{key.lstrip('.')}"
    return key


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"mounted_files": mounted_files}
