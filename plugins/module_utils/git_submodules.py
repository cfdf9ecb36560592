"""The submodules of a commit: where they are, and which commits of them belong to it.

A committer writes .gitmodules, and root fetches: only servers may be named, no paths of the host.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils.git_address import (
    Address,
    address,
    hide_credentials,
    is_url,
)

TRANSPORTS = ("git", "https", "ssh")
"""The transports for submodules (GIT_ALLOW_PROTOCOL in git(1))."""


class SubmoduleError(Exception):
    """A submodule cannot be fetched; the message says why and what would be right."""


class Submodule(NamedTuple):
    """A submodule: its path, the commit that the superproject names, and its repository."""

    path: str
    commit: str
    address: Address


def submodules(
    links: dict[str, str], configuration: str, parent: Address, owner: Address
) -> list[Submodule]:
    """Return the submodules of a commit.

    :param links: the commit of each submodule, by its path.
    :param configuration: .gitmodules, as ``git config --null --list`` prints it.
    :param parent: the repository that has .gitmodules, where relative URLs begin.
    :param owner: the repository of the source. Servers other than its own do not get its
        credentials.
    :raises SubmoduleError: when .gitmodules has no URL for one, or one that root must not fetch.
    """
    urls = _urls(configuration)
    found = []
    for path, commit in links.items():
        if path not in urls:
            raise SubmoduleError(
                f"The repository has the submodule {path!r}, but its .gitmodules has no URL for it."
            )
        found.append(Submodule(path, commit, _address(path, urls[path], parent, owner)))
    return found


def _urls(configuration: str) -> dict[str, str]:
    """Return the URL of each submodule by its path."""
    values: dict[str, dict[str, str]] = {}
    for entry in configuration.split("\0"):
        key, _newline, value = entry.partition("\n")
        name, _dot, setting = key.removeprefix("submodule.").rpartition(".")
        values.setdefault(name, {})[setting] = value
    return {each["path"]: each["url"] for each in values.values() if {"path", "url"} <= each.keys()}


def _address(path: str, url: str, parent: Address, owner: Address) -> Address:
    """Return the repository of a submodule.

    :raises SubmoduleError: when root must not fetch from there.
    """
    resolved = _resolved(url, parent.url)
    if not is_url(resolved) or resolved.startswith(("/", "file:")):
        raise SubmoduleError(
            f"The submodule {path!r} has the URL {hide_credentials(url)!r}: write an https, ssh or "
            "git URL into .gitmodules. A relative one needs a repository with such a URL."
        )
    found = address(resolved)
    is_same_server = urlsplit(found.url)[:2] == urlsplit(owner.url)[:2]
    if found.username is None and found.url.startswith("https:") and is_same_server:
        return owner._replace(url=found.url)
    return found


def _resolved(url: str, parent: str) -> str:
    """Return ``url``, which may be relative to the URL ``parent`` (gitmodules(5))."""
    if not url.startswith(("./", "../")):
        return url
    base, rest = parent.rstrip("/"), url
    while rest.startswith(("./", "../")):
        if rest.startswith("../"):
            # SSH addresses as scp writes them have a colon before the path.
            base = base[: max(base.rfind("/"), base.rfind(":") if "//" not in base else -1) + 1]
            base = base if base.endswith(":") else base.rstrip("/")
        rest = rest.partition("/")[2]
    return f"{base}{rest}" if base.endswith(":") else f"{base}/{rest}"
