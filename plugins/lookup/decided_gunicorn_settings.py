"""Look up which of gunicorn's settings a file of the project cannot set."""

from __future__ import annotations

DOCUMENTATION = r"""
name: decided_gunicorn_settings
author: The Subsite maintainers (@subsite)
short_description: Settings of gunicorn that the role decides
description:
  - Returns the settings of gunicorn that a file of the project cannot set, and what to do instead.
options:
  _terms:
    description: Not used.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show what the role decides
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.decided_gunicorn_settings') }}"
"""

RETURN = r"""
_raw:
  description: One dictionary. Its keys are settings, its values say what to do instead.
  type: list
  elements: dict
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.plugin_utils.gunicorn_settings import (
    DECIDED,
    DECIDED_BESIDE_A_FILE,
)


class LookupModule(LookupBase):
    """Return the settings and the advice."""

    def run(
        self, terms: list[str], variables: dict | None = None, **kwargs: Any
    ) -> list[dict[str, str]]:
        """Return one dictionary, whatever the ``terms`` are."""
        return [DECIDED | DECIDED_BESIDE_A_FILE]
