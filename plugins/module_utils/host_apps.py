"""The apps that a host has, as a site can mount them."""

from __future__ import annotations

import ast
import glob
from pathlib import Path
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.layout import (
    address_of,
    layout,
    release_of_unit,
)

SOCKETS = "/proc/net/unix"
LISTENS = 1 << 16
"""The flag of a socket that takes connections (``__SO_ACCEPTCON`` in linux/net.h)."""

ARGUMENTS = ("prefix", "mode", "forwarded_values")
"""Arguments of ``subsite_wsgi.wrapper.entry``."""


def find_apps() -> dict[str, dict[str, Any]]:
    """Return the apps by their names.

    Each has its ``address``; the ``prefix``, the ``prefix_mode`` and ``proxy_fix`` of its current
    release, which are none if it has no release yet; and whether it ``listens``.
    """
    before, after = layout("*").socket_unit_path.split("*")
    names = [
        path.removeprefix(before).removesuffix(after)
        for path in glob.glob(layout("*").socket_unit_path)
    ]
    listening = listening_sockets(Path(SOCKETS))
    return {name: describe(name, listening) for name in names}


def describe(name: str, listening: set[str]) -> dict[str, Any]:
    """Return what a site has to know of the app ``name``."""
    address = address_of(Path(layout(name).socket_unit_path))
    current = Path(layout(name).current_unit_path)
    settings = {}
    if current.is_symlink():
        release = release_of_unit(current.resolve().name)
        settings = mounted(Path(layout(name, release).release_dir) / "gunicorn.conf.py")
    return {
        "address": address,
        "prefix": settings.get("prefix"),
        "prefix_mode": settings.get("mode"),
        "proxy_fix": bool(settings.get("forwarded_values")) if settings else None,
        "listens": not address.startswith("/") or address in listening,
    }


def mounted(configuration: Path) -> dict[str, Any]:
    """Return how the app is mounted, from a configuration that the role has written."""
    try:
        tree = ast.parse(configuration.read_text())
    except (OSError, SyntaxError):
        return {}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        keyword.arg: keyword.value.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "entry"
        for keyword in call.keywords
        if keyword.arg in ARGUMENTS and isinstance(keyword.value, ast.Constant)
    }


def listening_sockets(table: Path) -> set[str]:
    """Return the paths of the sockets of this host that take connections.

    A connection of our own would start the app.

    :param table: the kernel's table of sockets: number, users, protocol, flags, type, state, inode
        and path of each (proc(5)).
    """
    rows = (line.split(maxsplit=7) for line in table.read_text().splitlines()[1:])
    return {row[7] for row in rows if len(row) == 8 and int(row[3], 16) & LISTENS}
