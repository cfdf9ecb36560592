"""Split a public URL into its parts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: origin
author: The Subsite maintainers (@subsite)
short_description: Scheme, authority, port and prefix of a public URL
description:
  - Returns the parts of a URL, always with a port, and with the authority that browsers send.
positional: _input
options:
  _input:
    description: The URL, for example V(https://example.org:8443/outer). It may be empty.
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
      and C(prefix), empty at the root. All are strings. The dictionary is empty for anything else
      than a URL.
  type: dict
"""

import re
from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.module_utils.public_url import DEFAULT_PORTS

URL = re.compile(r"(https?)://(\[.*\]|[^:/]+)(?::([0-9]+))?(/.*)?")


def origin(url: str) -> dict[str, str]:
    """Return the parts of ``url``; an empty dictionary if it is not a URL."""
    match = URL.fullmatch(url)
    if not match:
        return {}
    scheme, host, port, prefix = match.groups()
    default_port = str(DEFAULT_PORTS[scheme])
    port = port or default_port
    return {
        "scheme": scheme,
        "authority": host.lower() if port == default_port else f"{host.lower()}:{port}",
        "port": port,
        "prefix": prefix or "",
    }


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"origin": origin}
