#!/usr/bin/python
"""Remove a set of paths, and all that is below them, in one round trip."""

from __future__ import annotations

DOCUMENTATION = r"""
module: absent_paths
author: The Subsite maintainers (@subsite)
short_description: Remove a set of paths
description:
  - Removes files, links, and directories with all that is in them. Links are never followed.
options:
  paths:
    description: Absolute paths, in the order in which they are removed. Most may be missing.
    type: list
    elements: path
    required: true
attributes:
  check_mode:
    description: Says what would be removed.
    support: full
  diff_mode:
    description: Shows the paths that go.
    support: full
"""

EXAMPLES = r"""
- name: Remove an old release
  subsite.deploy.absent_paths:
    paths:
      - /etc/systemd/system/wsgi-shop.4d1c09aa71be.service
      - /srv/wsgi/shop/releases/4d1c09aa71be
"""

RETURN = r"""
paths:
  description: The paths that were there.
  type: list
  elements: str
  returned: always
"""

import os
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import sealed
from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule


def main() -> None:
    """Remove what is there, or say that it would go."""
    module = DiscreetModule(
        argument_spec={"paths": {"type": "list", "elements": "path", "required": True}},
        supports_check_mode=True,
    )
    there = [path for path in module.params["paths"] if os.path.lexists(path)]
    if not module.check_mode:
        for path in there:
            try:
                sealed.remove(Path(path))
            except OSError as error:
                module.fail_json(msg=str(error), paths=there)
    module.exit_json(
        changed=bool(there),
        paths=there,
        diff={"before": "".join(f"{path}\n" for path in there), "after": ""},
    )


if __name__ == "__main__":
    main()
