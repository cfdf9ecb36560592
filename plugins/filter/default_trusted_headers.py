"""Choose the forwarded headers to trust when the inputs leave it open."""

from __future__ import annotations

DOCUMENTATION = r"""
name: default_trusted_headers
author: The Subsite maintainers (@subsite)
short_description: Choose the forwarded headers to trust when the inputs leave it open
description:
  - Returns what V(auto) means in O(nginx_site_trusted_headers).
  - Most proxies set the scheme and append the client address. They pass every other forwarded
    header on as the client sent it, so a preset trusts only what its proxy sets.
  - A pinned public URL leaves only the client address open.
  - A proxy that uses the PROXY protocol passes connections on as they are, so every header in them
    is the client's.
positional: _input, public_url, proxy_protocol
options:
  _input:
    description: The preset; V(none) for an unknown proxy.
    type: str
    required: true
  public_url:
    description: The pinned public URL; empty if there is none.
    type: str
    default: ""
  proxy_protocol:
    description: Whether the proxies use the PROXY protocol.
    type: bool
    default: false
"""

EXAMPLES = r"""
headers: "{{ 'apache' | subsite.deploy.default_trusted_headers }}"
"""

RETURN = r"""
_value:
  description: The headers, as V(proto), V(for) and V(host).
  type: list
  elements: str
"""

from collections.abc import Callable

PRESETS = {
    "none": ["proto", "for"],
    "alb": ["proto", "for"],
    "apache": ["proto", "for", "host"],
    "caddy": ["proto", "for"],
    "cloudflare": ["proto", "for"],
    "envoy": ["proto", "for"],
    "gcp": ["proto", "for"],
    "haproxy": ["proto", "for"],
    "nginx": ["proto", "for"],
    "traefik": ["proto", "for"],
}
"""Headers that each proxy sets."""


def default_trusted_headers(
    preset: str, public_url: str = "", proxy_protocol: bool = False
) -> list[str]:
    """Return the headers that ``preset`` sets, as far as they are open and a proxy's."""
    if public_url:
        return ["for"]
    return [] if proxy_protocol else PRESETS.get(preset, [])


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"default_trusted_headers": default_trusted_headers}
