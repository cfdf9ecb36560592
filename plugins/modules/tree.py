#!/usr/bin/python
"""Place a directory of the controller on the host: the host's half."""

from __future__ import annotations

import grp
import os
import shutil
import tarfile
import time

from ansible.module_utils.basic import AnsibleModule

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


def unpack(archive: str, dest: str, group: str | None) -> None:
    """Unpack ``archive`` beside ``dest`` and rename it there, so that it is never half there."""
    partial = f"{dest}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    os.makedirs(partial, mode=0o755)
    os.chmod(partial, 0o755)
    with tarfile.open(archive) as content:
        content.extraction_filter = getattr(tarfile, "tar_filter", None)  # not in every 3.11
        members = content.getmembers()
        for member in members:
            member.mtime = time.time()  # so that what browsers cached is older
        content.extractall(partial, members)
    if group is not None:
        keep_to_group(partial, grp.getgrnam(group).gr_gid)
    os.rename(partial, dest)


def keep_to_group(top: str, gid: int) -> None:
    """Give ``top`` and all below it to ``gid`` and take everybody else's permissions."""
    for directory, _, files in os.walk(top):
        for path in [directory, *(os.path.join(directory, file) for file in files)]:
            os.chown(path, 0, gid, follow_symlinks=False)
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode & 0o750)


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
