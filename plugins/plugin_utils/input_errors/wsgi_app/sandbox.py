"""Find what is wrong with the limits and the sandbox of an app."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MEMORY = re.compile(r"[1-9][0-9]*[KMG]")
PATH = re.compile(r"(/[A-Za-z0-9._@+-]+)+")
SYSTEM = {"/bin", "/boot", "/etc", "/lib", "/sbin", "/usr"}
"""Directories that no app may write."""

HIDDEN = {"/tmp": "PrivateTmp", "/var/tmp": "PrivateTmp", "/dev/shm": "TemporaryFileSystem"}
"""Directories that are empty for each app, and the settings of systemd that replace them."""

SETTING = re.compile(r"[A-Z][A-Za-z0-9]+")
OF_THE_ROLE = re.compile(
    r"(Bind|Exec|Environment|Kill|Limit|Restart|Standard|Syslog|Timeout)[A-Z]|ReadWritePaths$|"
    r"(Environment|Group|Restart|Sockets|Type|User|WorkingDirectory)$"
)
"""Settings of systemd that the role itself needs to run the app."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the limits, the writable paths and the sandbox."""
    values = inputs.values
    yield from _limits(values["limits"])
    for path in values["writable_paths"]:
        yield from _writable_path(path)
        if values["backend"] == "systemd":
            yield from _hidden_path(path, values["sandbox"])
    if values["backend"] != "systemd":
        yield from common.sandbox("wsgi_app_sandbox", values["sandbox"])
    for name, value in values["sandbox"].items():
        yield from _setting(name, value)


def _limits(limits: dict) -> Iterator[str]:
    memory, tasks, cpus = limits["memory"], limits["tasks"], limits["cpus"]
    if memory is not None and not MEMORY.fullmatch(memory):
        yield f"wsgi_app_limits.memory is {memory!r}: write a size with its unit, as in '512M'."
    if tasks is not None and tasks < 1:
        yield (
            f"wsgi_app_limits.tasks is {tasks}: write 1 or more. Each worker needs one, and one "
            "more for each of its threads."
        )
    if cpus is not None and cpus < 0.01:
        yield f"wsgi_app_limits.cpus is {cpus}: write 0.01 or more, as in 1.5."


def _writable_path(path: str) -> Iterator[str]:
    if not PATH.fullmatch(path) or os.path.normpath(path) != path or path in SYSTEM:
        yield (
            f"wsgi_app_writable_paths has {path!r}: write the absolute path of one directory or "
            "file, without spaces, as in '/srv/media'."
        )


def _hidden_path(path: str, sandbox: dict) -> Iterator[str]:
    for directory, setting in HIDDEN.items():
        if PurePosixPath(path).is_relative_to(directory) and setting not in sandbox:
            yield (
                f"wsgi_app_writable_paths has {path!r}, but {setting} hides {directory} from the "
                "app: write a path elsewhere, as in '/srv/media'."
            )


def _setting(name: str, value: object) -> Iterator[str]:
    if not SETTING.fullmatch(name):
        yield (
            f"wsgi_app_sandbox has {name!r}: write the name of a setting of systemd, as in "
            "'MemoryDenyWriteExecute'."
        )
    elif OF_THE_ROLE.match(name):
        yield f"wsgi_app_sandbox sets {name}, but the role sets it itself: remove it."
    for setting in value if isinstance(value, list) else [value]:
        if not isinstance(setting, (str, bool, int)) or "\n" in str(setting):
            yield (
                f"wsgi_app_sandbox.{name} is {value!r}: write a text of one line, true or false, "
                "or a list of them."
            )
