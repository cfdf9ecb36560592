"""Name the settings that decide what a release is."""

from __future__ import annotations

DOCUMENTATION = r"""
name: release_settings
author: The Subsite maintainers (@subsite)
short_description: The settings of a release by name
description:
  - Returns the inputs of an app that decide what a release is, with one text for each name.
    Suboptions have names such as C(health.path), and background processes such as
    C(processes.worker).
  - Environment variables, secrets, files and requirements are not among them, because they are
    described apart. Nor are paths of the controller.
positional: _input
options:
  _input:
    description: The complete inputs, without the prefix of the role.
    type: dict
    required: true
"""

EXAMPLES = r"""
settings: "{{ {'workers': 2, 'health': {'path': '/'}} | subsite.deploy.release_settings }}"
"""

RETURN = r"""
_value:
  description: The settings.
  type: dict
  sample: {workers: "2", health.path: /}
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.git_address import hide_credentials

LEFT_OUT = frozenset(
    {
        "name",
        "state",
        "remove_data",
        "environment",
        "secrets",
        "build_environment",
        "files",
        "packages",
        "registry_login",
        "keep_releases",
        "refresh",
        "replicas",
        "before_switch",
        "after_switch",
        "hooks_in_check_mode",
        "backup_directory",
        "backup_on_host",
        "before_backup",
        "after_backup",
        "after_restore",
        "source.path",
        "source.archive",
        "source.requirement",
    }
)
"""What does not decide what a release is, or is described apart."""

RESULT = frozenset({"changed", "failed", "exception", "warnings", "deprecations"})
"""What Ansible adds to the inputs when a task returns them."""


def release_settings(inputs: dict[str, Any]) -> dict[str, str]:
    """Return the settings in ``inputs``."""
    return dict(_settings(inputs, ""))


def _settings(values: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{above}{key}"
        if name in LEFT_OUT | RESULT or name.startswith("_") or value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            yield from _settings(value, f"{name}.")
        elif isinstance(value, list) and all(_is_named(each) for each in value):
            for each in value:
                yield f"{name}.{each['name']}", json.dumps(each, sort_keys=True)
        elif isinstance(value, str):
            yield name, hide_credentials(value) if name == "source.url" else value
        else:
            yield name, json.dumps(value)


def _is_named(element: Any) -> bool:
    return isinstance(element, dict) and "name" in element


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"release_settings": release_settings}
