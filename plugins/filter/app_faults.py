"""Find mounts of apps that the host does not have."""

from __future__ import annotations

DOCUMENTATION = r"""
name: app_faults
author: The Subsite maintainers (@subsite)
short_description: Find mounts of apps that the host does not have
description:
  - Returns a sentence for each mount whose app is not on the host, or listens at another address
    than its default socket.
positional: _input, apps
options:
  _input:
    description: The mounts of a site.
    type: list
    elements: dict
    required: true
  apps:
    description: The addresses of the apps on the host, by their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
faults: "{{ nginx_site_mounts | subsite.deploy.app_faults({'shop': '/run/wsgi/shop.sock'}) }}"
"""

RETURN = r"""
_value:
  description: The sentences.
  type: list
  elements: str
"""

import difflib
from collections.abc import Callable, Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout


def app_faults(mounts: list[dict], apps: dict[str, str]) -> list[str]:
    """Return what is wrong with the apps of ``mounts``, one sentence each."""
    return [
        f"nginx_site_mounts[{index}].app is {mount['app']!r}, but {fault}"
        for index, mount in enumerate(mounts)
        if mount["app"]
        for fault in _faults(mount["app"], apps)
    ]


def _faults(name: str, apps: dict[str, str]) -> Iterator[str]:
    close = difflib.get_close_matches(name, sorted(apps), n=1)
    if name not in apps:
        advice = f"do you mean {close[0]!r}?" if close else "deploy the app first."
        yield f"the host has no such app: {advice}"
    elif apps[name] != layout(name).socket_path:
        address = apps[name].replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:")
        yield f"this app listens at {apps[name]}: write upstreams: ['{address}'] instead of app."


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"app_faults": app_faults}
