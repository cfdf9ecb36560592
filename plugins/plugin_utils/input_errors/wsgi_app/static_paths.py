"""Find what is wrong with the directories of static files."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_static_paths``."""
    paths, source = inputs.values["static_paths"], inputs.values["source"] or {}
    if paths and source.get("type") == "pip":
        yield (
            f"wsgi_app_static_paths is {paths!r}, but a package has no source directory: remove "
            "the variable, and let the app serve the files, for example with WhiteNoise."
        )
    for path in paths:
        if not common.PREFIX.fullmatch(f"/{path}"):
            yield (
                f"wsgi_app_static_paths has {path!r}: write a directory in the source, as in "
                "'staticfiles' or 'shop/static'."
            )
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
    names = [os.path.basename(path) for path in paths]
    for name in sorted({name for name in names if names.count(name) > 1}):
        same = ", ".join(path for path in paths if os.path.basename(path) == name)
        yield (
            f"wsgi_app_static_paths has {same}: a release has one directory {name!r}, so rename "
            "one of them."
        )
