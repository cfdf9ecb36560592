#!/usr/bin/python
"""Copy a directory of the controller to the host: the part that runs on the host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: copy_directory
author: The Subsite maintainers (@subsite)
short_description: Copy a directory of the controller to the host, once for each content
description:
  - Packs a directory of the controller and unpacks it at O(dest), in one archive.
  - O(dest) appears complete or not at all. If it exists, its content is not compared, so its name
    should contain the digest of the content (see P(subsite.deploy.directory_digest#lookup)).
  - Owner is root; directories and executables get mode C(0755), other files C(0644).
  - Files of version control, caches, bytecode and virtual environments are always left out.
options:
  src:
    description: The directory on the controller.
    type: path
    required: true
  dest:
    description: The directory on the host.
    type: path
    required: true
  group:
    description:
      - Group that owns it. If set, only root and this group can read it.
    type: str
  newest:
    description:
      - Name of a link beside O(dest) that leads to O(dest) from the moment it appears.
    type: str
  left_out:
    description:
      - More paths to leave out, as P(subsite.deploy.left_out#lookup) returns them.
    type: list
    elements: str
    default: []
  added:
    description: The content of more files by their paths. They replace files of the directory.
    type: dict
    default: {}
  archive:
    description: Path of the archive on the host. The action plugin sets it.
    type: path
extends_documentation_fragment: [subsite.deploy.builds]
attributes:
  check_mode:
    description: Reports whether the directory would be made.
    support: full
  diff_mode:
    description: Contents are not compared.
    support: none
"""

EXAMPLES = r"""
- name: Publish the single page
  subsite.deploy.copy_directory:
    src: /home/me/shop/dist
    dest: "/srv/www/{{ lookup('subsite.deploy.directory_digest', '/home/me/shop/dist') }}"
"""

RETURN = r"""
dest:
  description: The directory on the host.
  type: str
  returned: always
missing:
  description: Whether the host did not have the directory before.
  type: bool
  returned: always
others:
  description: The names of the other directories beside it, and of links to them, the newest first.
  type: list
  elements: str
  returned: always
"""

import os
import tarfile
import time
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import newest_run
from ansible_collections.subsite.deploy.plugins.module_utils.host_module import HostModule
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import placed


def unpack(
    archive: str,
    dest: str,
    group: str | None,
    newest: str | None = None,
    check: list[str] | None = None,
) -> None:
    """Unpack ``archive`` at ``dest``, and let the link ``newest`` beside it lead there.

    :param check: the command that fails if a newer run has started, which may place the same.
    :raises BuildError: when it fails.
    """
    newest_run.refuse_if_superseded(check or [])
    with placed(dest, group) as partial, tarfile.open(archive) as content:
        if newest is not None:
            replace_link(partial.parent / newest, os.path.basename(dest))
        content.extraction_filter = getattr(tarfile, "tar_filter", None)  # missing in early 3.11
        members = content.getmembers()
        for member in members:
            member.mtime = time.time()  # newer than any copy in a browser's cache
        content.extractall(partial, members)
        newest_run.refuse_if_superseded(check or [])


def replace_link(link: Path, target: str) -> None:
    """Let ``link`` lead to ``target``, without a moment in which it is missing."""
    partial = link.with_name(f"{link.name}.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(target)
    partial.replace(link)


def list_others(dest: str) -> list[str]:
    """Return the names of the directories beside ``dest``, the newest first."""
    parent, name = os.path.split(dest)
    try:
        with os.scandir(parent) as entries:
            ages = {entry.name: entry.stat().st_mtime for entry in entries if entry.is_dir()}
    except FileNotFoundError:
        return []
    return sorted(ages.keys() - {name}, key=lambda other: ages[other], reverse=True)


def make_newest(dest: str, other: str) -> None:
    """Make ``dest`` newer than the newest of the others, because its content is in use again."""
    if os.stat(dest).st_mtime <= os.lstat(os.path.join(os.path.dirname(dest), other)).st_mtime:
        os.utime(dest)


def main() -> None:
    """Return whether the directory is missing, and unpack the archive if one was sent."""
    module = HostModule(
        argument_spec={
            "src": {"type": "path", "required": True},
            "dest": {"type": "path", "required": True},
            "group": {"type": "str"},
            "newest": {"type": "str"},
            "left_out": {"type": "list", "elements": "str", "default": []},
            "added": {"type": "dict", "default": {}},
            "archive": {"type": "path"},
            "check": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    dest = module.params["dest"]
    is_missing = not os.path.isdir(dest)
    others = list_others(dest)
    if not is_missing and others and not module.check_mode:
        make_newest(dest, others[0])
    if is_missing and module.params["archive"] and not module.check_mode:
        options = {name: module.params[name] for name in ("group", "newest", "check")}
        try:
            unpack(module.params["archive"], dest, **options)
        except BuildError as error:
            module.fail_json(msg=str(error))
    module.exit_json(changed=is_missing, missing=is_missing, dest=dest, others=others)


if __name__ == "__main__":
    main()
