"""Hide secrets in input errors, whatever rule has written them.

Secrets are the values of options with ``no_log`` in the specification, and what a URL has before
"@".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

HIDDEN = "***"
USERINFO = re.compile(r"(?:.*?//|(?!/)(?=[^@]*:))(?P<userinfo>.+)@", re.DOTALL)
"""User and password in a URL (RFC 3986, 3.2.1), also without its scheme. An email has no ":"."""
SSH_USER = re.compile(r"ssh://[A-Za-z0-9_-]+@")
"""A user without a password: the key of the host is the secret."""


def hide(
    errors: Iterable[str], options: Mapping[str, Any], *inputs: Mapping[str, Any]
) -> list[str]:
    """Return ``errors`` without the secrets in ``inputs``.

    :param options: the options of the role, with their specification.
    :param inputs: the values of the options by name, as written and as completed.
    """
    replacements: dict[str, str] = {}
    for values in inputs:
        for name, option in options.items():
            for secret in _secrets(option, values.get(name)):
                replacements[repr(secret)] = repr(HIDDEN)
        for text in _texts(values):
            replacements |= _without_userinfo(text) | _without_userinfo(unquote(text))
    # The longest first, because one may contain another.
    ordered = sorted(replacements, key=len, reverse=True)
    return [_replaced(error, ordered, replacements) for error in errors]


def _replaced(error: str, ordered: list[str], replacements: dict[str, str]) -> str:
    for old in ordered:
        # A number has no quotes: it must not be part of another one. Some errors have lower case.
        pattern = rf"(?<!\w){re.escape(old)}(?!\w)" if old.isalnum() else re.escape(old)
        new = replacements[old].replace("\\", r"\\")
        error = re.sub(pattern, new, error, flags=re.IGNORECASE)
    return error


def _secrets(option: Mapping[str, Any], value: Any) -> Iterator[str | int | float]:
    """Yield the values of ``option`` and its suboptions that are secret."""
    if option.get("no_log"):
        yield from _scalars(value)
    for name, suboption in option.get("options", {}).items():
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, Mapping):
                yield from _secrets(suboption, element.get(name))


def _scalars(value: Any) -> Iterator[str | int | float]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for element in value:
            yield from _scalars(element)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield value


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in ``value``, also the keys of dictionaries."""
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        for element in value:
            yield from _texts(element)
    elif isinstance(value, str):
        yield value


def _without_userinfo(text: str) -> dict[str, str]:
    """Return what replaces ``text``, and its user and password, in an error."""
    match = USERINFO.match(text)
    if not match or SSH_USER.match(text):
        return {}
    hidden = text[: match.start("userinfo")] + HIDDEN + text[match.end("userinfo") :]
    userinfo = match["userinfo"]
    # In a list inside of a text, quotes are escaped twice.
    written = (userinfo, _escaped(userinfo), _escaped(_escaped(userinfo)))
    return {repr(text): repr(hidden), **{f"{text}@": f"{HIDDEN}@" for text in written}}


def _escaped(text: str) -> str:
    """Return ``text`` as ``repr`` writes it between single quotes."""
    return repr(f'"{text}')[2:-1]
