"""Options of modules that read a part of a source."""

from __future__ import annotations


class ModuleDocFragment:
    """What a user has chosen of a source."""

    DOCUMENTATION = r"""
options:
  choice:
    description: What the user has chosen of the source.
    type: dict
    default: {}
    suboptions:
      directory:
        description: The directory of the app in the source.
        type: str
        default: ""
      requirements:
        description: Requirements files, relative to this directory.
        type: list
        elements: str
        default: []
      extras:
        description: Extras of the project.
        type: list
        elements: str
        default: []
      groups:
        description: Dependency groups of the project.
        type: list
        elements: str
        default: []
"""
