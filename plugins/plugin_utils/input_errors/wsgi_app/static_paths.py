"""Find what is wrong with the directories of static files."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.wsgi_app import (
    source_directories,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_static_paths``."""
    paths, source = inputs.values["static_paths"], inputs.values["source"] or {}
    if paths and source.get("type") == "pip":
        yield (
            f"wsgi_app_static_paths is {paths!r}, but a package has no source directory: remove "
            "the variable, and let the app serve the files, for example with WhiteNoise."
        )
    yield from source_directories.errors(
        "wsgi_app_static_paths",
        paths,
        "'staticfiles' or 'shop/static'",
        "a release has one directory {name!r}",
    )
    for path in paths:
        for shared in inputs.values["shared_paths"]:
            if f"{path}/".startswith(f"{shared}/"):
                yield (
                    f"wsgi_app_static_paths has {path!r}, but wsgi_app_shared_paths has "
                    f"{shared!r}: the app writes there, and a release would serve other files. "
                    "Remove one of them."
                )
            elif f"{shared}/".startswith(f"{path}/"):
                yield (
                    f"wsgi_app_static_paths has {path!r}, but wsgi_app_shared_paths has "
                    f"{shared!r}: nginx serves only files of a release there, and not those that "
                    "the app writes. Move one of them."
                )
