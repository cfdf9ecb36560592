"""Derive from an app's name where everything of it is."""

from __future__ import annotations

DOCUMENTATION = r"""
name: wsgi_app_layout
author: The Subsite maintainers (@subsite)
short_description: Where everything of an app is on its host
description:
  - Returns the user, paths, units, socket and image of an app. The roles and the modules of this
    collection use these and no others.
positional: _input, release
options:
  _input:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  release:
    description: The release that names and paths of a release belong to. With V(*), they match all
      releases.
    type: str
    default: "*"
"""

EXAMPLES = r"""
socket: "{{ ('shop' | subsite.deploy.wsgi_app_layout).socket_path }}"
release: "{{ ('shop' | subsite.deploy.wsgi_app_layout('4d1c09aa71be')).release_dir }}"
"""

RETURN = r"""
_value:
  description: >-
    Paths and names by their meaning, among them C(socket_path), C(app_dir), C(data_dir),
    C(shared_dir), C(public_dir), C(static_dir), C(unit_prefix), C(image_name), C(release_dir),
    C(service_unit) and C(diagnosis_key_path).
  type: dict
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout


def wsgi_app_layout(name: str, release: str = "*") -> dict[str, Any]:
    """Return the layout of the app ``name`` as a dictionary."""
    return asdict(layout(name, release))


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"wsgi_app_layout": wsgi_app_layout}
