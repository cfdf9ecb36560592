"""Find what is wrong with lists of directories in the source."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common


def errors(variable: str, paths: list[str], examples: str, same_name: str) -> Iterator[str]:
    """Yield which paths are no directories of the source, and which have the same last name.

    :param examples: two paths that are right.
    :param same_name: why two must not have the same last name, which is ``{name!r}`` in it.
    """
    for path in paths:
        if not common.PREFIX.fullmatch(f"/{path}"):
            yield f"{variable} has {path!r}: write a directory in the source, as in {examples}."
    names = [os.path.basename(path) for path in paths]
    for name in sorted({name for name in names if names.count(name) > 1}):
        same = ", ".join(path for path in paths if os.path.basename(path) == name)
        yield f"{variable} has {same}: {same_name.format(name=name)}, so rename one of them."
