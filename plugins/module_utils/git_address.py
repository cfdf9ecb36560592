"""The two parts of a git source: the URL of its repository, and its version."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

TRANSPORTS = ("file", "git", "https", "ssh")
"""The transports that git may use (GIT_ALLOW_PROTOCOL in git(1))."""

_HOST = r"(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])"
URL = re.compile(
    rf"(?:https|ssh|git)://(?:[^/\s-][^/\s]*@)?{_HOST}(?::[0-9]+)?/\S+"
    rf"|(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*@)?{_HOST}:(?!//|[:-])\S+"  # SSH, as scp writes it
    r"|(?:file://)?/(?!/)[^\0-\x1f\x7f]*"
)
COMMIT = re.compile(r"[0-9a-f]{40}")


class Address(NamedTuple):
    """A repository's URL without credentials, and the credentials."""

    url: str
    username: str | None
    password: str | None


def is_url(text: str) -> bool:
    """Return whether ``text`` is a URL for one of :data:`TRANSPORTS`."""
    try:
        urlsplit(text)  # fails for a malformed IPv6 address
    except ValueError:
        return False
    return bool(URL.fullmatch(text))


def is_version(text: str) -> bool:
    """Return whether ``text`` can be a commit, a branch or a tag (git-check-ref-format(1))."""
    if text.startswith("refs/") and not text.startswith(("refs/heads/", "refs/tags/")):
        return False
    parts = text.split("/")
    return (
        not text.startswith("-")
        and text != "@"
        and not text.endswith(".")
        and not re.search(r"[\0-\x20\x7f~^:?*\[\\]|\.\.|@\{", text)
        and all(part and not part.startswith(".") and not part.endswith(".lock") for part in parts)
    )


def address(url: str) -> Address:
    """Separate the credentials from an https ``url``: every user can read a command line."""
    parts = urlsplit(url)
    if parts.scheme != "https" or "@" not in parts.netloc:
        return Address(url, None, None)
    credentials, _, host = parts.netloc.rpartition("@")
    username, colon, password = credentials.partition(":")
    return Address(
        urlunsplit(parts._replace(netloc=host)),
        unquote(username),
        unquote(password) if colon else None,
    )


def hide_credentials(url: str) -> str:
    """Return ``url`` for a message, with asterisks in place of credentials."""
    return re.sub(r"://.*@", "://***@", url, flags=re.DOTALL)
