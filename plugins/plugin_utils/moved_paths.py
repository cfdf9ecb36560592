"""The moved paths of a site, as nginx compares and returns them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.subsite.deploy.plugins.plugin_utils import host_names

MAXIMUM_LOCATION = 255
"""nginx compares at most so many bytes of the path of a location."""

SAFE = "!#%&'()*+,-./:;=?@[]_~"
"""What RFC 3986, 2 allows in a URL beside letters and digits. nginx would evaluate its "$"."""


@dataclass(frozen=True)
class MovedPath:
    """A path, and what answers there."""

    path: str
    target: str
    """A path or a URL in ASCII; empty if the path is gone."""
    code: int

    @property
    def is_long(self) -> bool:
        """Whether the path is too long for a location."""
        return len(self.path.encode()) > MAXIMUM_LOCATION

    @property
    def condition(self) -> str:
        """The path as a string of nginx, or as a regular expression if it is too long."""
        return _quoted(f"^{re.escape(self.path)}$" if self.is_long else self.path)


def moved_paths(redirects: Mapping[str, Any]) -> Iterator[MovedPath]:
    """Yield the paths of ``nginx_site_redirects``."""
    for path, value in redirects.items():
        options = {"target": value} if isinstance(value, str) else value
        target = encoded(options.get("target") or "")
        yield MovedPath(path, target, int(options.get("code", 301)))


def encoded(target: str) -> str:
    """Return ``target`` with percent-encoding, and with A-labels in its host."""
    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", host_names.url_to_ascii(target))
    return quote(text, safe=SAFE)


def _quoted(text: str) -> str:
    """Return ``text`` as a string in the configuration of nginx, where "$" is not evaluated."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
