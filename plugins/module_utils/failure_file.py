"""Keep the output of a failed program for the report at the end of a run.

Ansible shows the message of a failed task at once, and the tasks that clean up come after it. So
the message is short, and :mod:`release_failure` reads the output from a file of root's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import remove_values

OPTION = {"type": "path"}
"""The option C(failure_file) of a module."""

MESSAGE = "The reason is in the report at the end of this run."


def fail(module: AnsibleModule, output: str, message: str = MESSAGE, **more: Any) -> NoReturn:
    """End ``module`` with ``message``, and write ``output`` to its C(failure_file).

    Without such a file, or on a full disk, the message has the output. Neither has the values that
    the module hides in its result.
    """
    path = module.params["failure_file"]
    output = remove_values(output, module.no_log_values)
    if output and not (path and _write(Path(path), output)):
        message = output if message == MESSAGE else f"{message}\n{output}"
    module.fail_json(msg=message, **more)


def take(path: Path, since: float) -> str:
    """Return what a failed module has written to ``path``, and remove the file.

    :param since: when this run began. An earlier run that was interrupted may have left a file.
    """
    try:
        is_new = path.stat().st_mtime >= since
        output = path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    path.unlink()
    return output if is_new else ""


def _write(path: Path, output: str) -> bool:
    """Write a file that only root can read, and return whether that was possible."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        with open(descriptor, "w", errors="replace") as file:
            file.write(output)
    except OSError:
        return False
    return True
