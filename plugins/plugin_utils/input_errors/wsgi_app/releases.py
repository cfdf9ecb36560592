"""Find what is wrong with the releases to keep."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

LEAST = 2


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_keep_releases``."""
    kept = inputs.values["keep_releases"]
    if kept < LEAST:
        yield (
            f"wsgi_app_keep_releases is {kept}: write {LEAST} or more; the current and the "
            "previous release always stay."
        )
