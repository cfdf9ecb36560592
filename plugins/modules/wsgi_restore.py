#!/usr/bin/python
"""Unpack the backup of an app beside its data."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_restore
author: The Subsite maintainers (@subsite)
short_description: Unpack the backup of an app beside its data
description:
  - Unpacks a backup of M(subsite.deploy.wsgi_backup) into C(/var/lib/wsgi/NAME/restore), from where
    M(subsite.deploy.wsgi_data_swap) puts it in place of the data. The app can run meanwhile.
  - The backup may come from anywhere. The app's user unpacks it, in a unit that can write nothing
    else. If the backup is damaged or has what no backup has, the module fails, and nothing is left.
  - Links that lead out of the data are left out. All files belong to the app's user.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name). Its user exists.
    type: str
    required: true
  backup:
    description: The backup, on the controller, or with O(on_host) on the host.
    type: path
    required: true
  on_host:
    description: Whether O(backup) is on the host.
    type: bool
    default: false
  size:
    description: How many bytes the backup unpacks to, from the action plugin.
    type: int
    default: 0
  archive:
    description: Where the backup is on the host. Without it, the module only looks at the app.
    type: path
  replaces:
    description: Whether to go on if the app has data.
    type: bool
    default: false
  sandbox:
    description: Settings of the unit (systemd.exec(5)).
    type: dict
    default: {}
attributes:
  check_mode:
    description: Reads the backup on the controller and looks at the app.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Unpack the backup
  subsite.deploy.wsgi_restore:
    name: shop
    backup: /home/me/backups/shop-2026-11-30T081500Z.tar.gz
"""

RETURN = r"""
record:
  description: What the backup is of.
  type: dict
  returned: success
  sample:
    app: shop
    made: "2026-11-30T08:15:00Z"
    collection: 1.0.0
    format: 1
    release: {release: 4d1c09aa71be, source: git, revision: 9c2ea81}
left_out:
  description: Links of the backup that lead out of it, with their targets; at most 1000.
  type: list
  elements: str
  returned: when unpacked
"""

import os
import re
import shutil
from dataclasses import asdict
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    backup_on_host,
    backup_record,
    changeable_path,
)
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import BackupError
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

MOUNTS = Path("/proc/self/mountinfo")
"""The mounts of the host (proc_pid_mountinfo(5))."""


def refuse_mounts(app: str) -> None:
    """Refuse to replace the data of an app if a part of it is a file system of its own.

    A restore renames directories. A mount would stay at the replaced data, and at the next boot it
    would cover the new ones.

    :raises BackupError: when there is a mount.
    """
    places = layout(app)
    tops = (places.data_dir, places.public_dir, places.shared_dir)
    for line in MOUNTS.read_text().splitlines():
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), line.split()[4])
        if f"{point}/".startswith(tuple(f"{top}/" for top in tops)):
            raise BackupError(
                f"the host has a mount at {point}, and a restore replaces whole directories. "
                "Unmount it before, and move the restored files to it afterwards"
            )


def has_data(app: str) -> bool:
    """Return whether the app has a release, or a file in one of its directories."""
    places = layout(app)
    shared = [f"{places.shared_dir}/{name}" for name in backup_on_host.shared_directories(app)]
    return os.path.lexists(places.current_unit_path) or any(
        os.path.isdir(path) and os.listdir(path)
        for path in (places.data_dir, places.public_dir, *shared)
    )


def check_on_host(path: str) -> tuple[backup_record.Record, int]:
    """Return the record of a backup on the host, and how many bytes it unpacks to.

    :raises BackupError: when others than root can change the file, or it cannot be read.
    """
    if part := changeable_path.changeable_part(path):
        raise BackupError(
            f"users other than root can change {part}. Let root own it, or move the backup"
        )
    return backup_record.check_file(path)


def refuse_without_room(app: str, size: int) -> None:
    """Refuse a backup that would fill the disk: other apps write there, too.

    :param size: how many bytes it unpacks to.
    :raises BackupError: when there is less space.
    """
    state_dir = layout(app).state_dir
    free = shutil.disk_usage(state_dir).free
    if size > free:
        raise BackupError(
            f"it unpacks to {size / 1e6:.0f} MB, and {state_dir} has room for {free / 1e6:.0f} MB"
        )


def main() -> None:
    """Look at the app, and unpack the backup; not in check mode."""
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "backup": {"type": "path", "required": True},
            "on_host": {"type": "bool", "default": False},
            "size": {"type": "int", "default": 0},
            "archive": {"type": "path"},
            "replaces": {"type": "bool", "default": False},
            "sandbox": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    app, backup = parameters["name"], parameters["backup"]
    archive = backup if parameters["on_host"] else parameters["archive"]
    found, size = {}, parameters["size"]
    try:
        if parameters["on_host"]:
            record, size = check_on_host(backup)
            found["record"] = asdict(record)
        if has_data(app) and not parameters["replaces"]:
            module.fail_json(
                msg=f"The host has the app {app!r} already, or data of it. To replace its data by "
                "those of the backup, set wsgi_app_restore_replaces: true."
            )
        refuse_mounts(app)
        if not module.check_mode:
            refuse_without_room(app, size)
            if archive:
                found |= backup_on_host.unpack(app, Path(archive), parameters["sandbox"])
    except BackupError as error:
        module.fail_json(msg=f"wsgi_app_backup is {backup!r}, but {error}.")
    except OSError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, **found)


if __name__ == "__main__":
    main()
