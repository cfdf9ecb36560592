"""Copy a directory of the controller to the host, once for each content."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError
from ansible_collections.subsite.deploy.plugins.plugin_utils.packed_directory import pack


class ActionModule(ActionBase):
    """Ask the host whether the directory exists; send the archive only if it does not."""

    TRANSFERS_FILES = True
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what the module of the same name documents."""
        result = super().run(tmp, task_vars)
        _, module_arguments = self.validate_argument_spec(
            {
                "src": {"type": "path", "required": True},
                "dest": {"type": "path", "required": True},
                "group": {"type": "str"},
                "newest": {"type": "str"},
                "left_out": {"type": "list", "elements": "str", "default": []},
                "added": {"type": "dict", "default": {}},
                "check": {"type": "list", "elements": "str", "default": []},
            }
        )
        left_out = {Path(path) for path in module_arguments["left_out"]}
        try:
            archive = pack(module_arguments["src"], left_out, module_arguments["added"])
        except TreeError as error:
            return result | {"failed": True, "msg": str(error)}
        wanted = {
            "src": module_arguments["src"],
            "dest": module_arguments["dest"],
            "group": module_arguments["group"],
            "newest": module_arguments["newest"],
            "check": module_arguments["check"],
        }
        result |= self._execute_module(
            module_name="subsite.deploy.copy_directory", module_args=wanted, task_vars=task_vars
        )
        if not result["changed"] or self._task.check_mode:
            return result
        wanted["archive"] = self._send(archive)
        result |= self._execute_module(
            module_name="subsite.deploy.copy_directory", module_args=wanted, task_vars=task_vars
        )
        self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _send(self, archive: bytes) -> str:
        local = tempfile.NamedTemporaryFile(
            dir=constants.DEFAULT_LOCAL_TMP,  # type: ignore[attr-defined]  # known at runtime
            suffix=".tar.gz",
            delete=False,
        )
        try:
            with local:
                local.write(gzip.compress(archive, compresslevel=6, mtime=0))
            return self._transfer_file(
                local.name,
                self._connection._shell.join_path(
                    self._connection._shell.tmpdir or self._make_tmp_path(), "directory"
                ),
            )
        finally:
            os.unlink(local.name)
