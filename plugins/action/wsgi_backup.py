"""Get the backup of an app from its host, piece by piece."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import shlex
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ansible.plugins.action import ActionBase
from ansible_collections.subsite.deploy.plugins.module_utils import pieces
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import (
    BackupError,
    Record,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.collection_version import (
    collection_version,
)

MODULE = "subsite.deploy.wsgi_backup"


class ActionModule(ActionBase):
    """Write the backup to a directory of the controller, or let the host write it to one."""

    TRANSFERS_FILES = False
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what the module of the same name documents."""
        result = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {
                "name": {"type": "str", "required": True},
                "directory": {"type": "path", "required": True},
                "on_host": {"type": "bool", "default": False},
                "release": {"type": "dict", "default": {}},
                "sandbox": {"type": "dict", "default": {}},
            }
        )
        made = time.gmtime()
        record = Record(
            app=arguments["name"],
            made=time.strftime("%Y-%m-%dT%H:%M:%SZ", made),
            collection=collection_version(),
            release=arguments["release"],
        )
        host = (task_vars or {}).get("inventory_hostname", record.app)
        path = Path(arguments["directory"], file_name(record.app, host, made))
        arguments |= {"record": asdict(record), "path": str(path)}
        result |= self._execute_module(MODULE, arguments, task_vars=task_vars)
        names = ("library", "python", "unit")
        started: dict[str, Any] = {name: result.pop(name) for name in names if name in result}
        if started:
            result |= self._receive(started, path)
        return result | {"path": str(path)}

    def _receive(self, started: dict[str, Any], path: Path) -> dict[str, Any]:
        """Write the pieces of the backup to ``path``; to nothing if it fails."""
        name = ""
        try:
            with tempfile.NamedTemporaryFile(
                dir=path.parent, prefix=f".{path.name}.", suffix=".partial", delete=False
            ) as file:
                name = file.name  # of mode 0600
                ended = self._write_pieces(started, file)
                file.flush()
                os.fsync(file.fileno())
            os.link(name, path)  # not rename(2), which would replace another backup
        except (BackupError, OSError) as error:
            self._low_level_execute_command(f"systemctl stop {shlex.quote(started['unit'])}")
            return {"failed": True, "msg": f"The backup to {path} failed: {error}."}
        finally:
            if name:
                os.unlink(name)
        return ended

    def _write_pieces(self, started: dict[str, Any], file: IO[bytes]) -> dict[str, Any]:
        """Write the backup to ``file``, and return the report of the host.

        :raises BackupError: when it is not what the host has sent.
        """
        digest = hashlib.sha256()
        while True:
            answer = self._next_answer(started)
            kind, content = answer[:1], answer[1:]
            if kind == pieces.PIECE:
                file.write(content)
                digest.update(content)
                continue
            ended: dict[str, Any] = json.loads(content)
            if "error" in ended:
                raise BackupError(ended["error"])
            if (ended["size"], ended["sha256"]) != (file.tell(), digest.hexdigest()):
                raise BackupError("what arrived is not what the host sent")
            return ended

    def _next_answer(self, started: dict[str, Any]) -> bytes:
        """Return the next answer of the host (:mod:`pieces`).

        :raises BackupError: when there is none.
        """
        library = started["library"]
        command = [started["python"], "-s", "-m", pieces.__name__, f"{library}/private/socket"]
        # With an input, ssh makes no terminal, which would take several times as long.
        done = self._low_level_execute_command(
            f"PYTHONPATH={shlex.quote(library)} {shlex.join(command)}",
            in_data=b"\n" if self._connection.has_pipelining else None,
        )
        try:
            answer = base64.b64decode("".join(done["stdout"].split()), validate=True)
        except binascii.Error:
            answer = b""
        if done["rc"] != 0 or answer[:1] not in (pieces.PIECE, pieces.END):
            said = (done["stderr"] or done["stdout"])[-2000:].strip()
            raise BackupError(
                f"the host sends no more of it ({said or 'the connection was lost'}). If a newer "
                "backup of this app has begun since, it has ended this one"
            )
        return answer


def file_name(app: str, host: str, made: time.struct_time) -> str:
    """Return the name of a backup that was ``made`` (UTC) of an app on a host of the inventory.

    Several hosts can have the same app. Each has its own data.
    """
    where = "" if host == app else f"{host.replace('/', '_')}-"
    return f"{app}-{where}{time.strftime('%Y-%m-%dT%H%M%SZ', made)}.tar.gz"
