"""The files that a directory of templates on the controller makes."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.source_tree import list_paths

SUFFIX = ".j2"


class RenderError(Exception):
    """A template cannot be rendered; the message says why."""


def directory_of(entry: dict[str, Any]) -> str:
    """Return the directory of templates of an entry of ``wsgi_app_files``; empty without one."""
    return entry["templates"] or entry["secret_templates"] or ""


def templates(entry: dict[str, Any]) -> list[tuple[str, Path]]:
    """Return the templates of an entry, each with where its file goes.

    Files of version control and of tools are left out, as of a source.
    """
    root = Path(directory_of(entry))
    return [
        (_dest(entry["dest"], str(path.relative_to(root)).removesuffix(SUFFIX)), path)
        for path in list_paths(root)
        if not path.is_dir()
    ]


def _dest(directory: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(directory, name))


def expanded(
    entries: Iterable[dict[str, Any]], render: Callable[[Path, bool], str], errors: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield ``entries`` of ``wsgi_app_files``, with one for each template of a directory.

    :param render: returns what a template makes, which may be secret, or raises
        :class:`RenderError`.
    :param errors: gets one sentence for each template that cannot be rendered.
    """
    for entry in entries:
        if not directory_of(entry):
            yield entry
            continue
        is_secret = bool(entry["secret_templates"])
        for dest, path in templates(entry):
            try:
                content = render(path, is_secret)
            except RenderError as error:
                errors.append(f"wsgi_app_files has the template {str(path)!r}: {error}.")
                continue
            yield {
                "dest": dest,
                "content": None if is_secret else content,
                "secret": content if is_secret else None,
                "mode": entry["mode"] or _mode(path, is_secret),
            }


def _mode(path: Path, is_secret: bool) -> str:
    """Return the mode of a file: it is executable if its template is."""
    if path.stat().st_mode & stat.S_IXUSR:
        return "0700" if is_secret else "0750"
    return "0600" if is_secret else "0640"
