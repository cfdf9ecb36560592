"""Find what is wrong with files of the app's data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils import template_directory
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MODE = re.compile(r"0?[0-7]{3}")
TOP = "."
"""The data directory itself, as the directory of templates."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_files``."""
    dests: list[str] = []
    for file, given in zip(inputs.values["files"], inputs.given.get("files", []), strict=True):
        yield from _entry(file, given)
        directory = template_directory.directory_of(file)
        if not directory:
            dests.append(file["dest"])
            continue
        option = "templates" if file["templates"] else "secret_templates"
        wrong = list(_directory(option, directory))
        yield from wrong
        made = [] if wrong else [dest for dest, _ in template_directory.templates(file)]
        yield from _names(option, directory, made)
        dests += made
    yield from common.repeated("wsgi_app_files", dests)


def _entry(file: dict[str, Any], given: dict[str, Any]) -> Iterator[str]:
    dest, mode = file["dest"], given.get("mode", "0640")
    is_top = dest == TOP and template_directory.directory_of(file)
    if not is_top and not common.PREFIX.fullmatch(f"/{dest}"):
        yield (
            f"wsgi_app_files has dest {dest!r}: write a path below the data directory, as in "
            "'settings.ini' or 'conf/settings.ini'."
        )
    if not isinstance(mode, str) or not MODE.fullmatch(mode):
        yield f'wsgi_app_files has mode {mode!r} for {dest}: write it in quotes, as in "0640".'


def _directory(option: str, directory: str) -> Iterator[str]:
    if not os.path.isdir(directory):
        yield (
            f"wsgi_app_files has {option} {directory!r}, but the controller has no such "
            f"directory. {common.RELATIVE}"
        )
        return
    yield from common.links(f"wsgi_app_files[].{option}", directory)


def _names(option: str, directory: str, made: list[str]) -> Iterator[str]:
    for name in made:
        if not common.PREFIX.fullmatch(f"/{name}"):
            yield (
                f"wsgi_app_files has {option} {directory!r}, and one of them makes {name!r}: use "
                "letters, digits, '.', '_', '~' or '-' in its path."
            )
