"""Find what is wrong with files: of the app's data, and of tasks on the controller."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MODE = re.compile(r"0?[0-7]{3}")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the files of ``wsgi_app_files`` and with files of tasks."""
    for file, given in zip(inputs.values["files"], inputs.given.get("files", []), strict=True):
        yield from _file(file["dest"], given.get("mode", file["mode"]))
    for option in ("before_switch", "after_switch"):
        path = inputs.values[option]
        if path and not os.path.isfile(path):
            yield (
                f"wsgi_app_{option} is {path!r}, but the controller has no such file. A path that "
                "begins with {{ playbook_dir }} is the same everywhere."
            )


def _file(dest: str, mode: object) -> Iterator[str]:
    if not common.PREFIX.fullmatch(f"/{dest}"):
        yield (
            f"wsgi_app_files has dest {dest!r}: write a path below the data directory, as in "
            "'settings.ini' or 'conf/settings.ini'."
        )
    if not isinstance(mode, str) or not MODE.fullmatch(mode):
        yield f'wsgi_app_files has mode {mode!r} for {dest}: write it in quotes, as in "0640".'
