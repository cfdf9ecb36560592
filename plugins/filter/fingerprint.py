"""Name something after what it is made of."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fingerprint
author: The Subsite maintainers (@subsite)
short_description: A short name that follows from the content
description:
  - Returns twelve hexadecimal digits that depend on all of the input and on nothing else.
  - The digest is scrypt (RFC 7914), slow on purpose, because the input may hold a secret that
    an attacker who knows the rest could otherwise guess from the name.
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
    """Return twelve hexadecimal digits that follow from ``content``."""
    salt = b"subsite.deploy"
    return hashlib.scrypt(content.encode(), salt=salt, n=2**14, r=8, p=1, dklen=6).hex()


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"fingerprint": fingerprint}
