#!/usr/bin/python
"""Remove files, links and whole directories in one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remove_paths
author: The Subsite maintainers (@subsite)
short_description: Remove files, links and whole directories
description:
  - Removes each path; a directory with all its content. Links are removed, never followed.
  - A directory is closed to its user first, so that a process of that user cannot fill it at the
    same time.
  - There is no way back, unlike P(subsite.deploy.file_set#module), which puts files back after a
    failure.
options:
  paths:
    description: Absolute paths, in the order in which they are removed. Any of them may be missing.
    type: list
    elements: path
    required: true
attributes:
  check_mode:
    description: Reports what would be removed.
    support: full
  diff_mode:
    description: Shows the paths that are removed.
    support: full
"""

EXAMPLES = r"""
- name: Remove an old release
  subsite.deploy.remove_paths:
    paths:
      - /etc/systemd/system/wsgi-shop.4d1c09aa71be.service
      - /srv/wsgi/shop/releases/4d1c09aa71be
"""

RETURN = r"""
paths:
  description: The paths that existed.
  type: list
  elements: str
  returned: always
"""

import os
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import lent_directory
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def main() -> None:
    """Remove the paths that exist; only report them in check mode."""
    module = UnloggedModule(
        argument_spec={"paths": {"type": "list", "elements": "path", "required": True}},
        supports_check_mode=True,
    )
    existing = [path for path in module.params["paths"] if os.path.lexists(path)]
    if not module.check_mode:
        for path in existing:
            try:
                lent_directory.remove(Path(path))
            except OSError as error:
                module.fail_json(msg=str(error), paths=existing)
    module.exit_json(
        changed=bool(existing),
        paths=existing,
        diff={"before": "".join(f"{path}\n" for path in existing), "after": ""},
    )


if __name__ == "__main__":
    main()
