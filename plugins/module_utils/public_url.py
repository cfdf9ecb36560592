"""The URL of an app as browsers use it, in its parts."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}

URL = re.compile("[!-~]{1,8000}")
"""A URL has only these characters (RFC 3986, 2), and this many at most (RFC 9110, 4.1)."""


@dataclass(frozen=True)
class PublicUrl:
    """The URL that an app must build for itself."""

    scheme: str
    host: str
    port: str
    prefix: str
    """The path without a slash at its end; empty at the root."""

    @classmethod
    def parse(cls, text: str) -> PublicUrl:
        """Return the parts of ``text``.

        :raises ValueError: when no browser could request it.
        """
        parts = urlsplit(text) if is_url(text) else urlsplit("")
        if (
            parts.scheme not in DEFAULT_PORTS
            or not parts.hostname
            or not is_host_name(parts.hostname)
        ):
            raise ValueError(f"{text!r} is not a URL such as https://example.org/api/")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = str(parts.port or DEFAULT_PORTS[parts.scheme])
        return cls(parts.scheme, host, port, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """Host and port, as browsers send them in ``Host``."""
        is_default = int(self.port) == DEFAULT_PORTS[self.scheme]
        return self.host if is_default else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The part of the URL before its path."""
        return f"{self.scheme}://{self.authority}"

    @property
    def text(self) -> str:
        """The whole URL, with a slash at its end."""
        return f"{self.origin}{self.prefix}/"

    def forwarded_headers(self, client: str) -> dict[str, str]:
        """Return the headers that nginx sends to the app for a request from ``client``."""
        return {
            "X-Forwarded-Host": self.authority,
            "X-Forwarded-Port": self.port,
            "X-Forwarded-Proto": self.scheme,
            "X-Forwarded-Prefix": self.prefix,
            "X-Forwarded-For": client,
        }


def is_url(text: str) -> bool:
    """Return whether ``text`` is a URL or a reference to one, with a valid host and port."""
    try:
        return bool(URL.fullmatch(text)) and urlsplit(text).port != 0
    except ValueError:
        return False


def is_path(text: str) -> bool:
    """Return whether ``text`` is a path from a slash on, perhaps with a query, below any prefix."""
    path = unquote(text.partition("?")[0])
    # Servers resolve the segments . and .., which lead out of a prefix; some read \ as /.
    leads_out = "\\" in path or {".", ".."} & set(path.split("/"))
    is_absolute = path.startswith("/") and not path.startswith("//")
    return is_url(text) and "#" not in text and is_absolute and not leads_out


def is_host_name(host: str) -> bool:
    """Return whether DNS allows ``host``: no label is empty or too long (RFC 1035)."""
    return ":" in host or all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))


def is_internal(host: str) -> bool:
    """Return whether ``host`` is unknown outside: a private address, or a name without a dot."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is the client's own machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
