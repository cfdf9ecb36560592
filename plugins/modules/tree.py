#!/usr/bin/python
"""Place a directory of the controller on the host: the host's half."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tree
author: The Subsite maintainers (@subsite)
short_description: Place a directory of the controller on the host, once for each content
description:
  - Packs a directory of the controller and unpacks it at O(dest), in one archive.
  - O(dest) appears whole or not at all. One that exists is never looked into again, so let
    its name say what is in it (see P(subsite.deploy.tree_digest#lookup)).
  - Owner is root; directories and executables get mode C(0755), other files C(0644).
  - Version control, caches, bytecode and virtual environments stay behind.
options:
  src:
    description: The directory on the controller.
    type: path
    required: true
  dest:
    description: Where it goes on the host.
    type: path
    required: true
  group:
    description:
      - Group that owns it. When given, nobody but root and this group can read it.
    type: str
  archive:
    description: Set by the action itself.
    type: path
attributes:
  check_mode:
    description: Says whether the directory would appear.
    support: full
  diff_mode:
    description: Contents are not compared.
    support: none
"""

EXAMPLES = r"""
- name: Publish the single page
  subsite.deploy.tree:
    src: /home/me/shop/dist
    dest: "/srv/www/{{ lookup('subsite.deploy.tree_digest', '/home/me/shop/dist') }}"
"""

RETURN = r"""
dest:
  description: Where the directory is.
  type: str
  returned: always
"""

import os
import tarfile
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils.tree import placed


def unpack(archive: str, dest: str, group: str | None) -> None:
    """Unpack ``archive`` at ``dest``."""
    with placed(dest, group) as partial, tarfile.open(archive) as content:
        content.extraction_filter = getattr(tarfile, "tar_filter", None)  # not in every 3.11
        members = content.getmembers()
        for member in members:
            member.mtime = time.time()  # so that what browsers cached is older
        content.extractall(partial, members)


def main() -> None:
    """Say whether the tree is there, and unpack it when the archive came along."""
    module = AnsibleModule(
        argument_spec={
            "src": {"type": "path", "required": True},
            "dest": {"type": "path", "required": True},
            "group": {"type": "str"},
            "archive": {"type": "path"},
        },
        supports_check_mode=True,
    )
    dest = module.params["dest"]
    missing = not os.path.isdir(dest)
    if missing and module.params["archive"] and not module.check_mode:
        unpack(module.params["archive"], dest, module.params["group"])
    module.exit_json(changed=missing, dest=dest)


if __name__ == "__main__":
    main()
