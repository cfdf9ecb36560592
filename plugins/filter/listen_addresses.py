"""Make nginx's listen addresses from ports and addresses."""

from __future__ import annotations

DOCUMENTATION = r"""
name: listen_addresses
author: The Subsite maintainers (@subsite)
short_description: Make nginx's listen addresses from ports and addresses
description:
  - Returns the addresses as nginx's C(listen) takes them. A port alone stands for all addresses of
    IPv4 and of IPv6.
positional: _input
options:
  _input:
    description: Ports, as V(80), and addresses, as V(127.0.0.1:8080).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
addresses: "{{ [80, '127.0.0.1:8080'] | subsite.deploy.listen_addresses }}"
"""

RETURN = r"""
_value:
  description: The addresses, as V(80), V([::]:80) and V(127.0.0.1:8080).
  type: list
  elements: str
"""

from collections.abc import Callable


def listen_addresses(listeners: list[str | int]) -> list[str]:
    """Return the addresses of ``listeners``."""
    addresses = []
    for listener in map(str, listeners):
        addresses.append(listener)
        if ":" not in listener:
            addresses.append(f"[::]:{listener}")
    return addresses


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"listen_addresses": listen_addresses}
