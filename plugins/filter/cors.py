"""Complete the settings of CORS of a site or a mount."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cors
author: The Subsite maintainers (@subsite)
short_description: Complete the settings of CORS of a site or a mount
description:
  - Returns all settings with their defaults.
positional: _input
options:
  _input:
    description: A list of origins, or a dictionary of settings.
    type: raw
    required: true
"""

EXAMPLES = r"""
settings: "{{ ['https://app.example.org'] | subsite.deploy.cors }}"
"""

RETURN = r"""
_value:
  description: The settings, with C(origins), C(credentials), C(methods), C(headers) and C(max_age).
  type: dict
"""

from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.plugin_utils.cors_settings import complete


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"cors": complete}
