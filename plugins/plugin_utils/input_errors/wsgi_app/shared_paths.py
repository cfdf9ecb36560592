"""Find what is wrong with the directories that all releases of an app share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.wsgi_app import (
    source_directories,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_shared_paths``."""
    paths, source = inputs.values["shared_paths"], inputs.values["source"] or {}
    if paths and source.get("type") == "pip":
        yield (
            f"wsgi_app_shared_paths is {paths!r}, but a package has no source directory. It runs "
            "in its data directory, which all its releases share: remove the variable."
        )
    yield from source_directories.errors(
        "wsgi_app_shared_paths",
        paths,
        "'media' or 'shop/static/uploads'",
        "they would share one directory, {name!r}",
    )
    for path, parent in itertools.permutations(paths, 2):
        if path.startswith(f"{parent}/"):
            yield (
                f"wsgi_app_shared_paths has {path!r}, which is in {parent!r}: the app can write "
                "there already, so remove it."
            )
