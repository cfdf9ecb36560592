"""Find what is wrong with the source of an app, whatever its type is, and with a local one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source
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
    elif source["type"] == "local":
        yield from _directory(source["path"])


def _directory(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield (
            f"wsgi_app_source.path is {path!r}, but the controller has no such directory. "
            f"{common.RELATIVE}"
        )
        return
    yield from common.links("wsgi_app_source.path", path)
    try:
        Source(Path(path)).refuse_editables()
    except BuildError as error:
        yield f"wsgi_app_source.path is {path!r}: {error}"
