"""Check a backup on the controller, and send it to the host."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.subsite.deploy.plugins.module_utils import backup_record
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import BackupError

MODULE = "subsite.deploy.wsgi_restore"


class ActionModule(ActionBase):
    """Send the backup only if it is complete, and if the app may get it."""

    TRANSFERS_FILES = True
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what the module of the same name documents."""
        result = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {
                "name": {"type": "str", "required": True},
                "backup": {"type": "path", "required": True},
                "on_host": {"type": "bool", "default": False},
                "replaces": {"type": "bool", "default": False},
                "sandbox": {"type": "dict", "default": {}},
            }
        )
        path = arguments["backup"]
        if arguments["on_host"]:
            return result | self._execute_module(MODULE, arguments, task_vars=task_vars)
        try:
            found, arguments["size"] = backup_record.check_file(path)
        except BackupError as error:
            return result | {"failed": True, "msg": f"wsgi_app_backup is {path!r}, but {error}."}
        record = asdict(found)
        # Before the backup is sent, the module says whether the app may get it.
        result |= self._execute_module(MODULE, arguments, task_vars=task_vars)
        if result.get("failed") or self._task.check_mode:
            return result | {"record": record}
        try:
            directory = self._connection._shell.tmpdir or self._make_tmp_path()
            remote = self._connection._shell.join_path(directory, "backup.tar.gz")
            arguments["archive"] = self._transfer_file(path, remote)
            return result | self._execute_module(MODULE, arguments, task_vars=task_vars)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
