"""Say what verify asks of the mounts of a site."""

from __future__ import annotations

DOCUMENTATION = r"""
name: verify_questions
author: The Subsite maintainers (@subsite)
short_description: Say what verify asks of the mounts of a site
description:
  - Returns for each mount the options of M(subsite.deploy.public_url_info), for a call on the host
    of the site and for one where clients are.
positional: _input, url
options:
  _input:
    description: The mounts that are verified.
    type: list
    elements: dict
    required: true
  url:
    description: The public URL of the site.
    type: str
    required: true
  nginx:
    description: The endpoint of nginx on its host; empty if it takes no requests there.
    type: dict
    required: true
  client:
    description: More options of the call where clients are.
    type: dict
    required: true
"""

EXAMPLES = r"""
questions: >-
  {{ nginx_site_mounts
     | subsite.deploy.verify_questions('https://example.org', nginx={}, client={}) }}
"""

RETURN = r"""
_value:
  description:
    - The options of the calls C(on_host) and C(as_client), each in the order of the mounts.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.module_utils.common.text.formatters import human_to_bytes
from ansible_collections.subsite.deploy.plugins.filter.upstream_servers import upstream_servers
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout

MOST_BYTES = 2 * 1024 * 1024
"""The size of a body. Proxies that limit bodies mostly do so at 1 MB."""


def verify_questions(
    mounts: list[dict[str, Any]], url: str, nginx: dict[str, Any], client: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return what both calls ask, one entry for each mount."""
    return {
        "on_host": [_of_mount(mount, url) | _on_host(mount, nginx) for mount in mounts],
        "as_client": [
            _of_mount(mount, url) | {"inner_hosts": _inner_hosts(mount)} | client
            for mount in mounts
        ],
    }


def _of_mount(mount: dict[str, Any], url: str) -> dict[str, Any]:
    """Return what both calls ask of a mount."""
    return {
        "url": url + mount["path"],
        "paths": mount["verify_paths"],
        "websocket": mount["websocket"] is True,
        "body": min(human_to_bytes(mount["body_size"] or "0"), MOST_BYTES),
    }


def _on_host(mount: dict[str, Any], nginx: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked of a mount on the host of the site."""
    endpoints, app = ([nginx] if nginx else []), {}
    if mount["app"]:
        places = layout(mount["app"], "*")
        endpoints.append(
            {"name": "app", "connect": places.socket_path, "strip": mount["strip"]},
        )
        app = {"keys": places.diagnosis_key_path, "current_unit": places.current_unit_path}
    # Clients may get another certificate, from a proxy in front.
    return {"endpoints": endpoints, "validate_certs": False, **app}


def _inner_hosts(mount: dict[str, Any]) -> list[str]:
    """Return the hosts of the mount's upstreams. Clients cannot connect to them."""
    servers = upstream_servers(mount["upstreams"] or [])
    return sorted({server["host"].strip("[]") for server in servers} - {""})


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"verify_questions": verify_questions}
