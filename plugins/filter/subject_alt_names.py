"""Write host names and addresses as subject alternative names."""

from __future__ import annotations

DOCUMENTATION = r"""
name: subject_alt_names
author: The Subsite maintainers (@subsite)
short_description: Host names and addresses as subject alternative names
description:
  - Returns each name once, in the form that P(community.crypto.openssl_csr_pipe#module) takes as
    C(subject_alt_name).
positional: _input
options:
  _input:
    description: Host names and IP addresses; IPv6 addresses may have brackets.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
names: "{{ ['example.org', '[2001:db8::5]'] | subsite.deploy.subject_alt_names }}"
"""

RETURN = r"""
_value:
  description: The names, for example C(DNS:example.org) and C(IP:2001:db8::5).
  type: list
  elements: str
"""

import ipaddress
from collections.abc import Callable


def subject_alt_names(names: list[str]) -> list[str]:
    """Return ``names`` with their types, each once."""
    return list(dict.fromkeys(map(_alt_name, names)))


def _alt_name(name: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(name.strip('[]'))}"
    except ValueError:
        return f"DNS:{name}"


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"subject_alt_names": subject_alt_names}
