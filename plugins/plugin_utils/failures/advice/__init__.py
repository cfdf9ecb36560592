"""The table of fixes. Each module has the rows of one area."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice import (
    callables,
    commands,
    databases,
    environment_variables,
    files,
    health,
    images,
    indexes,
    limits,
    locks,
    modules,
    network,
    sandbox,
    system_packages,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import App

AREAS = (
    environment_variables,
    databases,
    modules,
    callables,
    system_packages,
    images,
    indexes,
    limits,
    network,
    locks,  # an index or a network can stop the check of a lock
    sandbox,
    files,
    commands,
    health,
)
"""The first row that holds is the advice, so the special areas come before the general ones."""


def advise(texts: Iterable[str], app: App) -> str:
    """Return what to do; an empty text if no row holds.

    :param texts: what the failed program has written, the most telling part first.
    """
    for text in texts:
        for area in AREAS:
            for row in area.ROWS:
                if advice := row.advice(text, app):
                    return advice
    return ""
