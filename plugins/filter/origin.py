"""Take a public URL apart."""

from __future__ import annotations

DOCUMENTATION = r"""
name: origin
author: The Subsite maintainers (@subsite)
short_description: Scheme, authority, port and prefix of a public URL
description:
  - Takes a URL apart, with the port spelt out, and with an authority as browsers send it.
positional: _input
options:
  _input:
    description: The URL, as V(https://example.org:8443/outer), or nothing.
    type: str
    required: true
"""

EXAMPLES = r"""
parts: "{{ 'https://example.org:8443/outer' | subsite.deploy.origin }}"
"""

RETURN = r"""
_value:
  description:
    - C(scheme); C(authority), the host with its port unless that is the scheme's default; C(port);
      and C(prefix), empty at the root. All of them are text. Nothing for what is no URL.
  type: dict
"""

import re
from collections.abc import Callable

URL = re.compile(r"(https?)://(\[.*\]|[^:/]+)(?::([0-9]+))?(/.*)?")
DEFAULT_PORTS = {"http": "80", "https": "443"}


def origin(url: str) -> dict[str, str]:
    """Return the parts of ``url``, which is written as browsers show it; none if it is no URL."""
    match = URL.fullmatch(url)
    if not match:
        return {}
    scheme, host, port, prefix = match.groups()
    usual = DEFAULT_PORTS[scheme]
    port = port or usual
    return {
        "scheme": scheme,
        "authority": host.lower() if port == usual else f"{host.lower()}:{port}",
        "port": port,
        "prefix": prefix or "",
    }


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"origin": origin}
