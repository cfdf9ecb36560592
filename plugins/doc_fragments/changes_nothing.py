"""Attributes of modules that only read."""

from __future__ import annotations


class ModuleDocFragment:
    """Support of check mode and diff mode."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Does the same, since nothing changes.
    support: full
  diff_mode:
    description: Nothing changes, so there is nothing to compare.
    support: none
"""
