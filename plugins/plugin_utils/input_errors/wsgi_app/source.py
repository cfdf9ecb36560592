"""Find what is wrong with the source of an app, whatever its type is, and with a local one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source
from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import TreeError
from ansible_collections.subsite.deploy.plugins.plugin_utils import left_out
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_source``."""
    source = inputs.values["source"]
    if source is None:
        yield (
            "wsgi_app_source is not set: write where the code is, as in "
            "{type: local, path: /home/me/shop}."
        )
        return
    wrong = list(_exclude(source["type"], source["exclude"]))
    yield from wrong
    if source["type"] == "local" and not wrong:
        yield from _directory(source["path"], source["exclude"])


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


def _directory(path: str, exclude: list[str]) -> Iterator[str]:
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
        Source(Path(path)).refuse_editables()
    except BuildError as error:
        yield f"wsgi_app_source.path is {path!r}: {error}"
