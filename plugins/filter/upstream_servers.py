"""Read the upstreams of a mount."""

from __future__ import annotations

DOCUMENTATION = r"""
name: upstream_servers
author: The Subsite maintainers (@subsite)
short_description: Read the upstreams of a mount
description:
  - Returns each upstream as a dictionary, whether it is written as an address alone or with
    options.
positional: _input, drained
options:
  _input:
    description: >-
      Addresses, as V(10.0.0.11:8000), V(https://app.example) or V(/run/wsgi/shop.sock), and
      dictionaries with C(address), C(weight), C(backup) and C(down).
    type: list
    elements: raw
    required: true
  drained:
    description: >-
      Addresses and hosts of upstreams that get no requests, as V(10.0.0.11:8000) and V(10.0.0.11).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
servers: "{{ ['10.0.0.11:8000', 'https://app.example'] | subsite.deploy.upstream_servers }}"
"""

RETURN = r"""
_value:
  description: >-
    Dictionaries with C(scheme) (V(http) or V(https)), C(address) as nginx's C(server) takes it,
    C(host) (empty for a socket), C(weight), C(backup) and C(down), which is true for all
    that are drained.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable
from typing import Any

HTTPS = "https://"


def upstream_servers(
    upstreams: list[str | dict[str, Any]], drained: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return ``upstreams`` with all their options. Those that are ``drained`` are down."""
    return [
        {**server, "down": server["down"] or bool(names_of(upstream) & {*drained})}
        for upstream, server in ((each, _server(_options(each))) for each in upstreams)
    ]


def names_of(upstream: str | dict[str, Any]) -> set[str]:
    """Return how an upstream can be written where it is drained: by its address or its host."""
    options = _options(upstream)
    server = _server(options)
    return {options["address"], server["address"], server["host"]} - {""}


def _options(upstream: str | dict[str, Any]) -> dict[str, Any]:
    return upstream if isinstance(upstream, dict) else {"address": upstream}


def _server(upstream: dict[str, Any]) -> dict[str, Any]:
    scheme = "https" if upstream["address"].startswith(HTTPS) else "http"
    address = upstream["address"].removeprefix(HTTPS)
    if address.startswith("/"):
        host, address = "", f"unix:{address}"
    elif scheme == "https" and not address.rpartition("]")[2].count(":"):
        host, address = address, f"{address}:443"
    else:
        host = address.rpartition(":")[0]
    options = {"weight": 1, "backup": False, "down": False}
    return {**options, **upstream, "scheme": scheme, "address": address, "host": host}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"upstream_servers": upstream_servers}
