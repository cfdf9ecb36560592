"""Find what is wrong with the inputs of a backup and of a restore."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.wsgi_app import task_files
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def backup_errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the inputs of a backup."""
    directory = inputs.values["backup_directory"]
    if not directory:
        yield (
            "wsgi_app_backup_directory is not set: write the directory that the backup goes to, as "
            "in '/home/me/backups'."
        )
    elif inputs.values["backup_on_host"]:
        yield from _on_host("wsgi_app_backup_directory", directory)
    elif not os.path.isdir(directory):
        yield (
            f"wsgi_app_backup_directory is {directory!r}, but the controller has no such "
            f"directory: create it. {common.RELATIVE}"
        )
    yield from task_files.errors(inputs)


def restore_errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the inputs of a restore."""
    backup = inputs.values["backup"]
    if inputs.values["backup_on_host"]:
        yield from _on_host("wsgi_app_backup", backup)
    elif not os.path.isfile(backup):
        yield (
            f"wsgi_app_backup is {backup!r}, but the controller has no such file. "
            f"{common.RELATIVE} For a file on the host, set wsgi_app_backup_on_host: true."
        )
    yield from task_files.errors(inputs)


def _on_host(variable: str, path: str) -> Iterator[str]:
    if not os.path.isabs(path):
        yield f"{variable} is {path!r}: write an absolute path, since it is on the host."
