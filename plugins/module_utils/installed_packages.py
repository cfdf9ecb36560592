"""The Python packages that a release has, with their versions."""

from __future__ import annotations

import re
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def installed_packages(release_dir: str) -> dict[str, str]:
    """Return the version of each package in the environment and the ``lib`` of a release.

    The names of the metadata directories have both (PEP 376), so that no file is read.
    """
    found = [
        path.name.removesuffix(".dist-info").partition("-")
        for pattern in ("venv/lib/python*/site-packages/*.dist-info", "lib/*.dist-info")
        for path in Path(release_dir).glob(pattern)
    ]
    return {normalized(name): version for name, _dash, version in sorted(found)}


def required_name(requirement: str) -> str:
    """Return the normalized name in a requirement; empty if it begins with none."""
    match = NAME.match(requirement)
    return normalized(match[0]) if match else ""


def normalized(name: str) -> str:
    """Return the name of a package in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
