"""Find what is wrong with the pages for errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.filter import error_pages
from ansible_collections.subsite.deploy.plugins.module_utils import source_tree
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_error_pages``."""
    where, options = "nginx_site_error_pages", inputs.values["error_pages"]
    if options["src"] is not None:
        yield from _directory(f"{where}.src", options["src"], options["replace_app_errors"])
    elif "replace_app_errors" in inputs.given.get("error_pages", {}):
        yield (
            f"{where}.replace_app_errors is {options['replace_app_errors']}, but {where}.src is "
            "not set: write the directory of the pages, or remove the option."
        )


def _directory(where: str, directory: str, of_apps: bool) -> Iterator[str]:
    if not os.path.isdir(directory):
        yield f"{where} is {directory!r}, but the controller has no such directory."
        return
    links = list(common.links(where, directory))
    names = [
        str(path.relative_to(directory)) + "/" * path.is_dir()
        for path in source_tree.list_paths(Path(directory))
    ]
    if links:
        yield from links
    elif not names:
        yield f"{where} is {directory!r}, but it is empty: write a page, as in '404.html'."
    for name in sorted(set(names) - error_pages.names(of_apps)):
        yield f"{where} has {name!r}, {_advice(name, of_apps)}"


def _advice(name: str, of_apps: bool) -> str:
    """Return why no error has the page ``name``, and what would be right."""
    if not of_apps and name in error_pages.names(of_apps=True):
        return (
            "but nginx itself never makes this status in the name of the site: remove the file, or "
            "set nginx_site_error_pages.replace_app_errors."
        )
    return (
        "but only pages are served: name it after a status, as '404.html', '50x.html' or "
        "'4xx.html', or 'maintenance.html'. A page holds its styles and images itself."
    )
