"""Choose the published directories that stay."""

from __future__ import annotations

DOCUMENTATION = r"""
name: publications
author: The Subsite maintainers (@subsite)
short_description: Choose the published directories that stay
description:
  - Returns the names of the directories from which nginx serves a mount, by the path of the mount.
    The first one is the current one. The others are earlier ones, the newest first. The last one is
    a link to the newest one that the host has. Only mounts with immutable files have others.
positional: _input, keep, present
options:
  _input:
    description: >-
      The results of a loop of P(subsite.deploy.copy_directory#module) over mounts. The name of each
      directory is C(MOUNT@DIGEST).
    type: list
    elements: dict
    required: true
  keep:
    description: How many directories of a mount stay, at least 1.
    type: int
    required: true
  present:
    description: >-
      Whether only directories count that the host had before. If it does not have the current one,
      the newest of the earlier ones takes its place; a mount without any is left out.
    type: bool
    default: false
"""

EXAMPLES = r"""
kept: "{{ published.results | subsite.deploy.publications(5) }}"
"""

RETURN = r"""
_value:
  description: >-
    Lists of names by paths, as V({'/': ['+@4d1c09aa71be', '+@90b2c4f3a1d7', '+@newest']}).
  type: dict
"""

import os
import re
from collections.abc import Callable


def publications(results: list[dict], keep: int, present: bool = False) -> dict[str, list[str]]:
    """Return the names of the directories that stay, by the path of their mount."""
    kept = {}
    for result in results:
        current = os.path.basename(result["dest"])
        mount = current.rpartition("@")[0]
        # Not MOUNT@DIGEST.partial, which a lost run has left, and not the link MOUNT@newest.
        same_mount = re.compile(re.escape(mount) + "@[0-9a-f]+")
        earlier = list(filter(same_mount.fullmatch, result["others"]))
        names = earlier if present and result["missing"] else [current, *earlier]
        if not names:
            continue
        # Only immutable files of other publications are served.
        immutable = result["item"]["immutable"]
        kept[result["item"]["path"]] = (
            [*names[:keep], f"{mount}@newest"] if immutable else names[:1]
        )
    return kept


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"publications": publications}
