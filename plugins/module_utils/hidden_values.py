"""Hide the values of a release's secrets in the output of its programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

HIDDEN = "…"
SHORTEST = 4
"""Shorter values are words of other texts, too, as C(1) or C(on)."""

VARIABLE = re.compile(r'^[A-Za-z_]\w*="(?P<value>(?:[^"\\]|\\[\s\S])*)"$', re.MULTILINE)
"""A variable in the text of the filter :mod:`environment_file`."""


def hide(text: str, values: Iterable[str]) -> str:
    """Return ``text`` without ``values``, the longest ones first."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def values_of(release_dir: Path) -> set[str]:
    """Return the values of the secrets of a release, of their lines, and of passwords in URLs.

    Lines of its secret files are among them.
    """
    texts = [*_variables(release_dir / "secrets"), *_secret_files(release_dir)]
    parts = {part for text in texts for part in _parts(text)}
    return {part for part in parts if len(part) >= SHORTEST}


def _variables(path: Path) -> Iterator[str]:
    for match in VARIABLE.finditer(_text(path)):
        yield re.sub(r"\\([\s\S])", r"\1", match["value"])


def _secret_files(release_dir: Path) -> Iterator[str]:
    """Yield the contents of the secret files, which ``files.secret`` names."""
    for name in _text(release_dir / "files.secret").splitlines():
        if name:
            yield from _text(release_dir / "files" / name).splitlines()


def _parts(text: str) -> Iterator[str]:
    yield text.strip()
    for line in text.splitlines():
        yield line.strip()
        # "password = hunter2" is a line of a file; an error may quote what is behind the sign.
        yield line.partition("=")[2].strip().strip("\"'")
    yield from passwords_in(text)


def passwords_in(text: str) -> Iterator[str]:
    """Yield the password of a URL, as it is written and as it is; or the token in its place."""
    try:
        parts = urlsplit(text.strip())
        is_token = parts.password is None and parts.scheme in ("http", "https")
        password = (parts.username if is_token else parts.password) or ""
    except ValueError:
        return
    yield password
    yield unquote(password)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
