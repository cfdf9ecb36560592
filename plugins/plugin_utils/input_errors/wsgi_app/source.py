"""Find what is wrong with the source of an app, whatever its type is, and with a local one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.dependencies import Dependencies
from ansible_collections.subsite.deploy.plugins.module_utils.source import (
    BuildError,
    Choice,
    Source,
)
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError
from ansible_collections.subsite.deploy.plugins.plugin_utils import left_out
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

CHOICES = ("directory", "requirements", "extras", "groups")
"""Options for sources that have a directory."""

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""A name of an extra or a group (PEP 508)."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_source``."""
    source = inputs.values["source"]
    if source is None:
        yield (
            "wsgi_app_source is not set: write where the code is, as in "
            "{type: local, path: /home/me/shop}."
        )
        return
    chosen = {name: source[name] for name in CHOICES if source[name]}
    wrong = [*_exclude(source["type"], source["exclude"]), *_choice(source["type"], chosen)]
    yield from wrong
    if source["type"] == "local" and not wrong:
        yield from _directory(source["path"], source["exclude"], Choice(**chosen))


def _exclude(kind: str, patterns: list[str]) -> Iterator[str]:
    if patterns and kind != "local":
        yield (
            f"wsgi_app_source.exclude is {patterns!r}, but wsgi_app_source.type is {kind!r}: "
            "only a local directory has files to leave out, so remove it."
        )
    for pattern in patterns:
        if not pattern.strip() or re.search(r"[\0\r\n]", pattern):
            yield (
                f"wsgi_app_source.exclude has {pattern!r}: write one line as in a .gitignore file, "
                "as in '/docs/', '*.sqlite3' or '!dist/'."
            )


def _choice(kind: str, chosen: dict) -> Iterator[str]:
    if kind not in ("local", "git"):
        for name, value in chosen.items():
            yield (
                f"wsgi_app_source.{name} is {value!r}, but wsgi_app_source.type is {kind!r}: only "
                "local and git have files to choose from, so remove it."
            )
        return
    directory = chosen.get("directory", "")
    if directory and not common.PREFIX.fullmatch(f"/{directory}"):
        yield (
            f"wsgi_app_source.directory is {directory!r}: write a directory in the source, as in "
            "'backend'."
        )
    for path in chosen.get("requirements", []):
        if os.path.isabs(path) or os.path.normpath(path) != path:
            yield (
                f"wsgi_app_source.requirements has {path!r}: write a file relative to the source, "
                "or to wsgi_app_source.directory, as in 'requirements/production.txt'."
            )
    for option in ("extras", "groups"):
        for name in chosen.get(option, []):
            if not NAME.fullmatch(name):
                yield (
                    f"wsgi_app_source.{option} has {name!r}: write a name that pyproject.toml has, "
                    "as in 'production'."
                )


def _directory(path: str, exclude: list[str], choice: Choice) -> Iterator[str]:
    if not os.path.isdir(path):
        yield (
            f"wsgi_app_source.path is {path!r}, but the controller has no such directory. "
            f"{common.RELATIVE}"
        )
        return
    try:
        yield from common.links("wsgi_app_source.path", path, left_out.find(path, exclude))
    except TreeError as error:
        yield f"wsgi_app_source.path is {path!r}: {error}."
    try:
        Dependencies(Source(Path(path), choice)).refuse()
    except BuildError as error:
        yield f"wsgi_app_source.path is {path!r}: {error}"
