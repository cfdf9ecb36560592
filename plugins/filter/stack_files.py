"""Name files as a stack of Docker Swarm needs it, which has them as configs and secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stack_files
author: The Subsite maintainers (@subsite)
short_description: Files as configs and secrets of a stack
description:
  - Returns one dictionary for each file. A config or a secret never changes, so it is named after
    its path and its content. No service has two with one name.
  - Swarm has no empty ones, so an empty file gets an empty line. This is no secret.
positional: _input, stack, directory
options:
  _input:
    description: What the filter P(subsite.deploy.mounted_files#filter) returns.
    type: list
    elements: dict
    required: true
  stack:
    description: The name of the stack.
    type: str
    required: true
  directory:
    description: The directory on the manager that the stack reads the files from.
    type: str
    required: true
"""

EXAMPLES = r"""
files: "{{ files | subsite.deploy.mounted_files | subsite.deploy.stack_files('shop', '/home/me') }}"
"""

RETURN = r"""
_value:
  description: >-
    For each file C(name); C(kind), which is V(configs) or V(secrets); C(target), its path in the
    container; C(source), its path on the manager; and C(entry), which lets the module
    M(subsite.deploy.file_set) write it there.
  type: list
  elements: dict
"""

import hashlib
from collections.abc import Callable
from typing import Any

from ansible_collections.subsite.deploy.plugins.filter.fingerprint import fingerprint

NEVER_IN_PATHS = "\0"


def stack_files(files: list[dict], stack: str, directory: str) -> list[dict[str, Any]]:
    """Return what the stack ``stack`` needs of ``files``."""
    return [_file(file, stack, directory) for file in files]


def _file(file: dict, stack: str, directory: str) -> dict[str, Any]:
    content = file["content"] or "\n"
    is_secret = file["secret"] and bool(file["content"])
    source = directory + file["dest"]
    return {
        "name": f"{stack}-{_digest(file['dest'] + NEVER_IN_PATHS + content, is_secret)}",
        "kind": "secrets" if is_secret else "configs",
        "target": file["dest"],
        "source": source,
        "entry": {
            "dest": source,
            "secret" if is_secret else "content": content,
            "mode": "0600",
        },
    }


def _digest(text: str, is_secret: bool) -> str:
    """Return twelve hexadecimal digits, which do not help to guess a secret."""
    return fingerprint(text) if is_secret else hashlib.sha256(text.encode()).hexdigest()[:12]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"stack_files": stack_files}
