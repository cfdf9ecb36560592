"""Derive a fingerprint from each value of a dictionary."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fingerprints
author: The Subsite maintainers (@subsite)
short_description: A fingerprint of each value of a dictionary
description:
  - Returns the dictionary with twelve hexadecimal digits in place of each value, made as by
    P(subsite.deploy.fingerprint#filter). They depend on the name, too, so that equal values do not
    show.
positional: _input
options:
  _input:
    description: Values by name, for example secrets.
    type: dict
    required: true
"""

EXAMPLES = r"""
secrets: "{{ {'API_KEY': 'hunter2'} | subsite.deploy.fingerprints }}"
"""

RETURN = r"""
_value:
  description: The fingerprints by name.
  type: dict
"""

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.subsite.deploy.plugins.filter.fingerprint import fingerprint


def fingerprints(values: dict[str, Any]) -> dict[str, str]:
    """Return the fingerprint of each of ``values``."""
    return {name: fingerprint(json.dumps([name, value])) for name, value in values.items()}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"fingerprints": fingerprints}
