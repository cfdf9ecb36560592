"""Read a lock in the standard format, pylock.toml.

Source: the specification of pylock.toml (PEP 751).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.project import normalized
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

TRUE, FALSE = 'python_version >= "0"', 'python_version < "0"'
MEMBER = re.compile(
    r"(['\"])(?P<name>[^'\"]+)\1\s+(?P<not>not\s+)?in\s+(?P<list>extras|dependency_groups)"
)
"""The part of a marker that asks for an extra or a group."""

VERSION = "1"


def requirements(lock: dict[str, Any], extras: list[str], groups: list[str]) -> Iterator[str]:
    """Yield the packages of ``lock`` as lines of a requirements file, after their indexes.

    :raises BuildError: when the lock has another format.
    """
    if str(lock.get("lock-version", "")).partition(".")[0] != VERSION:
        raise BuildError(
            f"pylock.toml has lock-version {lock.get('lock-version')!r}; only version 1 is known. "
            "Export it again with a tool that writes version 1.0."
        )
    chosen = {
        "extras": set(map(normalized, extras)),
        "dependency_groups": set(map(normalized, [*groups, *lock.get("default-groups", [])])),
    }
    packages = lock.get("packages", [])
    for index in sorted({package["index"] for package in packages if "index" in package}):
        yield f"--extra-index-url {index}"
    for directory in sorted({*_directories_of_wheels(packages)}):
        yield f"--find-links ./{directory}"
    for package in packages:
        marker = MEMBER.sub(
            lambda match: TRUE if _is_true(match, chosen) else FALSE, package.get("marker", "")
        )
        yield _requirement(package) + (f" ; {marker}" if marker else "") + _hashes(package)


def _is_true(match: re.Match[str], chosen: dict[str, set[str]]) -> bool:
    """Return whether a :data:`MEMBER` holds for the normalized names that are ``chosen``."""
    return (normalized(match["name"]) in chosen[match["list"]]) != bool(match["not"])


def _directories_of_wheels(packages: list[dict[str, Any]]) -> Iterator[str]:
    for package in packages:
        for file in (*package.get("wheels", []), package.get("sdist", {})):
            if "path" in file:
                yield os.path.dirname(file["path"])


def _requirement(package: dict[str, Any]) -> str:
    """Return a package as its requirement, without marker and hashes."""
    name = package["name"]
    if found := package.get("directory"):
        return f"./{os.path.normpath(os.path.join(found['path'], found.get('subdirectory', '')))}"
    if found := package.get("vcs"):
        where = found.get("url") or f"file://{found['path']}"
        commit = f"{found['type']}+{where}@{found['commit-id']}"
        return f"{name} @ {_below(commit, found)}"
    if found := package.get("archive"):
        place = f"{name} @ {found['url']}" if "url" in found else f"./{found['path']}"
        return _below(place, found)
    if "version" not in package:
        raise BuildError(f"pylock.toml has {name!r} without a version: export it again.")
    return f"{name}=={package['version']}"


def _below(address: str, found: dict[str, Any]) -> str:
    below = found.get("subdirectory")
    return f"{address}#subdirectory={below}" if below else address


def _hashes(package: dict[str, Any]) -> str:
    files = [*package.get("wheels", []), package.get("sdist"), package.get("archive")]
    return "".join(
        f" --hash={name}:{value}"
        for file in files
        if file
        for name, value in file.get("hashes", {}).items()
    )
