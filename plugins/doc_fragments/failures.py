"""Options of modules that run programs of others."""

from __future__ import annotations


class ModuleDocFragment:
    """The file for the output of a program that fails."""

    DOCUMENTATION = r"""
options:
  failure_file:
    description:
      - File that gets the output if the module fails, for M(subsite.deploy.release_failure). Only
        root may be able to change its directory. Without it, the message has the output.
    type: path
"""
