#!/usr/bin/python
"""Back up the data of an app."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_backup
author: The Subsite maintainers (@subsite)
short_description: Back up the data of an app
description:
  - Writes the data directory, the public directory and the shared directories of an app into one
    file, C(NAME-TIME.tar.gz), on the controller or on the host. If the host has another name in the
    inventory than the app, the file has this name, too.
  - The app's user reads its data, in a unit that sees nothing else. No link is followed.
  - On the way to the controller, the host needs no space for the backup. It is sent in pieces, and
    the controller compares its digest. An incomplete file has another name (C(.partial)).
  - Sockets, named pipes and devices are left out. Owners, access control lists and extended
    attributes are not recorded. Holes in files stay holes.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  directory:
    description: Where the backup goes. It exists.
    type: path
    required: true
  on_host:
    description: Whether O(directory) is on the host. Then only root may be able to change it.
    type: bool
    default: false
  release:
    description: The record of the current release; empty without one.
    type: dict
    default: {}
  record:
    description: What the backup is of, from the action plugin.
    type: dict
  path:
    description: The file to write on the host, from the action plugin.
    type: path
  sandbox:
    description: Settings of the unit (systemd.exec(5)).
    type: dict
    default: {}
attributes:
  check_mode:
    description: Reports that a backup would be made.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Back up the shop
  subsite.deploy.wsgi_backup:
    name: shop
    directory: /home/me/backups
"""

RETURN = r"""
path:
  description: The backup.
  type: str
  returned: success
  sample: /home/me/backups/shop-2026-11-30T081500Z.tar.gz
sha256:
  description: Its digest.
  type: str
  returned: when made
size:
  description: Its size in bytes.
  type: int
  returned: when made
left_out:
  description: Paths of sockets, named pipes and devices; at most 1000.
  type: list
  elements: str
  returned: when made
changed_files:
  description: Files that have changed while they were read; at most 1000.
  type: list
  elements: str
  returned: when made
"""

import os
import sys
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import backup_on_host, changeable_path
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import BackupError
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def refuse_directory(directory: str) -> None:
    """Refuse a directory on the host that is missing, or that others than root can change.

    :raises BackupError: when it is so.
    """
    if not os.path.isdir(directory):
        raise BackupError("the host has no such directory: create it, with mode 0700")
    if part := changeable_path.changeable_part(directory):
        raise BackupError(f"users other than root can change {part}: use a directory of root's")


def refuse_unfinished_restore(app: str) -> None:
    """Refuse to back up data that a restore has not replaced completely.

    :raises BackupError: when a restore is under way or was cut off.
    """
    if os.path.exists(layout(app).restore_journal_path):
        raise BackupError(
            "a restore is under way, or was cut off; in the second case, restore or deploy again"
        )


def main() -> None:
    """Write the backup on the host, or begin to hand it over; only look in check mode."""
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "directory": {"type": "path", "required": True},
            "on_host": {"type": "bool", "default": False},
            "release": {"type": "dict", "default": {}},
            "record": {"type": "dict"},
            "path": {"type": "path"},
            "sandbox": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    backup = backup_on_host.Backup(
        parameters["name"], parameters["record"] or {}, parameters["sandbox"]
    )
    try:
        if parameters["on_host"]:
            refuse_directory(parameters["directory"])
    except BackupError as error:
        module.fail_json(
            msg=f"wsgi_app_backup_directory is {parameters['directory']!r}, but {error}."
        )
    try:
        refuse_unfinished_restore(backup.app)
        list(backup_on_host.directories_of(backup.app))
        if module.check_mode:
            module.exit_json(changed=True)
        if parameters["on_host"]:
            module.exit_json(changed=True, **backup.write_file(Path(parameters["path"])))
        library = backup.begin_pieces()
    except (BackupError, OSError) as error:
        module.fail_json(msg=f"The backup of {backup.app} failed: {error}.")
    module.exit_json(
        changed=True, library=str(library), python=sys.executable, unit=backup.relay_unit
    )


if __name__ == "__main__":
    main()
