"""Options of modules that build a part of a release."""

from __future__ import annotations


class ModuleDocFragment:
    """The check that a run is still the newest one."""

    DOCUMENTATION = r"""
options:
  check:
    description:
      - Command that fails with a reason if a newer run has started to change the app. Only the
        newest run may change what another one has begun.
    type: list
    elements: str
    default: []
"""
