"""What the roles' inputs have in common: how a name, a path or an address is written."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Iterator

NAME = re.compile(r"[a-z][a-z0-9-]{0,25}[a-z0-9]|[a-z]")
SEGMENT = r"/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+"
PREFIX = re.compile(rf"(?:{SEGMENT})+")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
URL = re.compile(rf"https?://(?P<at>[^/]+)({PREFIX.pattern})?")


def name(variable: str, value: object) -> Iterator[str]:
    """Yield why ``value`` cannot name an app or a site."""
    if not NAME.fullmatch(str(value)):
        yield (
            f"{variable} is {value!r}: use at most 27 small letters, digits and hyphens, beginning "
            "with a letter, as in 'shop' or 'shop-api'."
        )


def prefix(variable: str, value: object) -> Iterator[str]:
    """Yield why ``value`` cannot be a path prefix without a slash at its end."""
    path = str(value)
    if PREFIX.fullmatch(path):
        return
    advice = "use '/' and letters, digits, '.', '_', '~' or '-', as in '/api' or '/shop/v2'"
    tidy = "/" + "/".join(part for part in path.split("/") if part)
    if path != tidy and PREFIX.fullmatch(tidy):
        advice = f"write {tidy!r}"
    yield f"{variable} is {value!r}: {advice}."


def public_url(variable: str, value: str) -> Iterator[str]:
    """Yield why ``value`` cannot be the URL that visitors know an app or a site by."""
    match = URL.fullmatch(value)
    if match and (HOST.fullmatch(match["at"]) or is_address(match["at"])):
        return
    if value:
        yield (
            f"{variable} is {value!r}: write scheme and host, a port or a path only if "
            "visitors see one, and no slash at the end, as in 'https://example.org' or "
            "'https://example.org:8443/shop'."
        )


def sandbox(variable: str, value: dict) -> Iterator[str]:
    """Yield why ``value`` cannot change the sandbox of an app in a container."""
    if value:
        yield (
            f"{variable} is {value!r}, but it is for backend 'systemd': a container has a sandbox "
            "of its own; leave it out."
        )


def is_port(value: object) -> bool:
    """Return whether ``value`` is a port."""
    text = str(value)
    return bool(re.fullmatch(r"[0-9]+", text)) and 1 <= int(text) <= 65535


def is_address(value: str) -> bool:
    """Return whether ``value`` is ``host:port``."""
    host, colon, port = value.rpartition(":")
    return bool(colon and HOST.fullmatch(host) and is_port(port))


def is_own_address(value: str) -> bool:
    """Return whether ``value`` is a port at an address in figures, which systemd can listen on."""
    host = value.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return is_address(value)


def is_socket(value: str) -> bool:
    """Return whether ``value`` can be the path of a unix socket (sun_path holds 108 bytes)."""
    return bool(PREFIX.fullmatch(value)) and len(value) < 108


def repeated(variable: str, values: list) -> Iterator[str]:
    """Yield which of ``values`` a list has more than once."""
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{variable} has {value!r} more than once: name it once."


def misspelt(given: list[str], known: list[str]) -> Iterator[str]:
    """Yield which of the ``given`` variables do not exist, and what may have been meant."""
    role = os.path.commonprefix(known)
    endings = [variable.removeprefix(role) for variable in known]
    for variable in sorted(set(given) - set(known)):
        close = difflib.get_close_matches(variable.removeprefix(role), endings, n=1)
        meant = f"do you mean {role}{close[0]}?" if close else "no variable is called so."
        yield f"{variable} is set, but {meant}"
