"""Derive a short name from a content."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fingerprint
author: The Subsite maintainers (@subsite)
short_description: A short name that depends on a content
description:
  - Returns twelve hexadecimal digits that depend only on the input.
  - It uses scrypt (RFC 7914), which is slow. The input may have a secret, and a fast digest would
    let others find the secret by trying values.
positional: _input
options:
  _input:
    description: The content, for example as JSON with sorted keys.
    type: str
    required: true
"""

EXAMPLES = r"""
release: "{{ {'workers': 2} | to_json(sort_keys=true) | subsite.deploy.fingerprint }}"
"""

RETURN = r"""
_value:
  description: The name.
  type: str
"""

import hashlib
from collections.abc import Callable


def fingerprint(content: str) -> str:
    """Return twelve hexadecimal digits that depend on ``content``."""
    salt = b"subsite.deploy"
    return hashlib.scrypt(content.encode(), salt=salt, n=2**14, r=8, p=1, dklen=6).hex()


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"fingerprint": fingerprint}
