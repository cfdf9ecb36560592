"""Find what is wrong with the paths that an app may write besides its data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

PATH = re.compile(r"(/[A-Za-z0-9._@+-]+)+")
SYSTEM = {"/bin", "/boot", "/etc", "/lib", "/sbin", "/usr"}
"""Directories that no app may write."""

HIDDEN = {"/tmp": "PrivateTmp", "/var/tmp": "PrivateTmp", "/dev/shm": "TemporaryFileSystem"}
"""Directories that are empty for each app, and the settings of systemd that replace them."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_writable_paths``."""
    values = inputs.values
    for path in values["writable_paths"]:
        yield from _writable_path(path)
        if values["backend"] == "systemd":
            yield from _hidden_path(path, values["sandbox"])


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
