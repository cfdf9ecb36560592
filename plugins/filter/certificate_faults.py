"""Name the faults of a certificate and its key on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_faults
author: The Subsite maintainers (@subsite)
short_description: Faults of a certificate and its key on a host
description:
  - Returns one sentence for each fault that the certificate or its key has.
positional: _input, names
options:
  _input:
    description: The result of P(subsite.deploy.certificate_info#module).
    type: dict
    required: true
  names:
    description: The hosts and addresses that the certificate must have.
    type: list
    elements: str
    required: true
  days:
    description: For how many days from now it must be valid.
    type: int
    default: 0
  exactly:
    description: Whether it must have no other names.
    type: bool
    default: false
"""

EXAMPLES = r"""
faults: "{{ shop_certificate | subsite.deploy.certificate_faults(['example.org'], days=30) }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty if there is no fault.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.plugin_utils import certificate


def certificate_faults(
    pair: dict, names: list[str], days: int = 0, exactly: bool = False
) -> list[str]:
    """Return the faults of ``pair``, one sentence for each."""
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
