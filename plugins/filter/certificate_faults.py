"""Say what is wrong with a certificate and its key on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_faults
author: The Subsite maintainers (@subsite)
short_description: What is wrong with a certificate and its key on a host
description:
  - Returns one sentence for each thing that keeps a certificate from being served.
positional: _input, names
options:
  _input:
    description: What the module certificate_info returned.
    type: dict
    required: true
  names:
    description: Hosts and addresses that it has to be for.
    type: list
    elements: str
    required: true
  days:
    description: How many days it has to be valid.
    type: int
    default: 0
  exactly:
    description: Whether it may be for no other names.
    type: bool
    default: false
"""

EXAMPLES = r"""
problems: "{{ looked_at | subsite.deploy.certificate_faults(['example.org'], days=30) }}"
"""

RETURN = r"""
_value:
  description: The sentences; none when it can be served.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.plugin_utils import certificate


def certificate_faults(
    pair: dict, names: list[str], days: int = 0, exactly: bool = False
) -> list[str]:
    """Return what is wrong with ``pair``, in sentences."""
    faults = {
        "certificate": pair["certificate_fault"]
        or next(certificate.faults(pair["pem"], names, days, exactly), ""),
        "key": pair["key_fault"],
    }
    return [
        f"nginx_site_tls.{option} is {pair[option]!r}, which {fault}."
        for option, fault in faults.items()
        if fault
    ]


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"certificate_faults": certificate_faults}
