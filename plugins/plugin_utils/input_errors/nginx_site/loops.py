"""Find redirects of a site that lead clients back, or on and on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs
from ansible_collections.subsite.deploy.plugins.plugin_utils.moved_paths import moved_paths

MAXIMUM = 20
"""Browsers follow no more redirects than that."""


@dataclass(frozen=True)
class Redirects:
    """Where each path of a site leads."""

    exact: dict[str, str]
    """Targets by paths; empty if they are not on this site."""
    below: dict[str, str | None]
    """The targets of the mounts by their paths; ``None`` for a mount that answers itself."""
    files: set[str]
    """The paths of mounts with files."""

    def follow(self, path: str) -> str:
        """Return where a request for ``path`` is redirected; empty if it ends here."""
        if path in self.exact:
            return self.exact[path]
        above = [mount for mount in self.below if f"{path}/".startswith(f"{mount.rstrip('/')}/")]
        mount = max(above, key=len, default="")
        target, rest = self.below.get(mount), path.removeprefix(mount.rstrip("/"))
        if target is None:
            # nginx goes from a directory to its index by itself.
            index = f"{path}index.html" if path.endswith("/") and mount in self.files else ""
            if index in self.exact:
                return index
            return f"{path}/" if mount and not rest else ""
        if not target:
            return ""
        return f"{target}{rest}" if target != "/" else f"/{rest.lstrip('/')}"


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield which redirects never end."""
    public_url, mounts = inputs.values["public_url"], inputs.values["mounts"]
    moved = list(moved_paths(inputs.values["redirects"]))
    redirects = Redirects(
        {entry.path: _local(entry.target, public_url) for entry in moved}
        | {
            mount["path"]: _local(mount["redirect"], public_url)
            for mount in mounts
            if mount["redirect"] and not mount["below"]
        },
        {
            mount["path"]: _local(mount["redirect"], public_url) if mount["redirect"] else None
            for mount in mounts
            if not mount["redirect"] or mount["below"]
        },
        {mount["path"] for mount in mounts if mount["root"] or mount["src"]},
    )
    starts = {entry.path: f"nginx_site_redirects[{entry.path!r}]" for entry in moved}
    for index, mount in enumerate(mounts):
        if mount["redirect"]:
            starts[mount["path"]] = f"nginx_site_mounts[{index}].redirect"
    found: set[frozenset[str]] = set()
    for start, where in starts.items():
        yield from _from(redirects, start, where, found)


def _from(
    redirects: Redirects, start: str, where: str, found: set[frozenset[str]]
) -> Iterator[str]:
    """Yield why the redirects from ``start`` never end, unless their loop is ``found`` already."""
    # The target of a mount with `below` also depends on the path below it.
    for path in [start] if start in redirects.exact else [start, f"{start.rstrip('/')}/x"]:
        chain = [path]
        while (following := redirects.follow(chain[-1])) and following not in chain:
            chain.append(following)
            if len(chain) > MAXIMUM:
                yield (
                    f"{where} leads to more than {MAXIMUM} redirects, and browsers give up then: "
                    f"{', '.join(map(repr, chain[:4]))} and so on. Write another target."
                )
                return
        if following:
            loop = chain[chain.index(following) :]
            if frozenset(loop) not in found:
                found.add(frozenset(loop))
                yield (
                    f"{where} is a loop: {', '.join(map(repr, [*loop, following]))}. Write another "
                    "target."
                )
            return


def _local(target: str, public_url: str) -> str:
    """Return the path of this site that ``target`` names; empty if it is elsewhere or gone."""
    if public_url and re.match(rf"{re.escape(public_url)}(?=[/?#]|$)", target):
        target = target.removeprefix(public_url)
        target = target if target.startswith("/") else f"/{target}"
    if not target.startswith("/"):
        return ""
    return unquote(re.split("[?#]", target)[0])
