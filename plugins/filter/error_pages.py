"""Find the page of each error status in a directory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: error_pages
author: The Subsite maintainers (@subsite)
short_description: Find the page of each error status
description:
  - Returns the names of pages in a directory of the controller, by the status that they are for.
  - The page of 404 is C(404.html), else C(40x.html), else C(4xx.html). The page of maintenance is
    C(maintenance.html), else C(503.html).
  - Without O(of_apps), only the statuses count that nginx makes itself.
positional: _input, of_apps
options:
  _input:
    description: The directory on the controller.
    type: path
    required: true
  of_apps:
    description: Whether the pages also replace the error pages of apps.
    type: bool
    default: false
"""

EXAMPLES = r"""
pages: "{{ '/home/me/pages' | subsite.deploy.error_pages }}"
"""

RETURN = r"""
_value:
  description: "Names by statuses, as V({'404': '404.html', '502': '5xx.html'})."
  type: dict
"""

import os
from collections.abc import Callable
from http import HTTPStatus

OF_NGINX = (401, 403, 404, 405, 413, 414, 429, 431, 500, 502, 503, 504)
"""Statuses that nginx makes in the name of a site. 400 and 421 are for requests of no site. With
416, nginx would repeat headers on a page."""

OF_APPS = tuple(
    sorted({*OF_NGINX, *(status.value for status in HTTPStatus if status >= 400)} - {416, 421})
)
"""Statuses of apps, too."""


def candidates(status: int) -> tuple[str, ...]:
    """Return the names that the page of ``status`` can have, the best one first."""
    text = str(status)
    return f"{text}.html", f"{text[:2]}x.html", f"{text[0]}xx.html"


def names(of_apps: bool) -> set[str]:
    """Return all names that a page can have."""
    statuses = OF_APPS if of_apps else OF_NGINX
    return {"maintenance.html", *(name for status in statuses for name in candidates(status))}


def error_pages(directory: str, of_apps: bool = False) -> dict[str, str]:
    """Return the name of the page of each status for which ``directory`` has one."""
    present = os.listdir(directory)
    wanted = {str(status): candidates(status) for status in (OF_APPS if of_apps else OF_NGINX)}
    wanted["maintenance"] = ("maintenance.html", "503.html")
    found = {
        status: [name for name in choices if name in present] for status, choices in wanted.items()
    }
    return {status: matching[0] for status, matching in found.items() if matching}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"error_pages": error_pages}
