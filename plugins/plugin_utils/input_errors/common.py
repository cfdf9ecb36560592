"""Names, paths and addresses, which the inputs of both roles have."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import source_tree

NAME = re.compile(r"[a-z][a-z0-9-]{0,25}[a-z0-9]|[a-z]")
SEGMENT = r"/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+"
PREFIX = re.compile(rf"(?:{SEGMENT})+")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
URL = re.compile(rf"https?://(?P<authority>[^/]+)({PREFIX.pattern})?")

RELATIVE = (
    "A relative path starts where ansible-playbook was called; {{ playbook_dir }} or "
    "{{ inventory_dir }} make it the same everywhere."
)


def name(variable: str, value: str) -> Iterator[str]:
    """Yield why ``value`` cannot be the name of an app or a site."""
    if not NAME.fullmatch(value):
        yield (
            f"{variable} is {value!r}: use at most 27 small letters, digits and hyphens, beginning "
            "with a letter, as in 'shop' or 'shop-api'."
        )


def prefix(variable: str, value: str) -> Iterator[str]:
    """Yield why ``value`` cannot be a path prefix without a slash at its end."""
    if PREFIX.fullmatch(value):
        return
    advice = "use '/' and letters, digits, '.', '_', '~' or '-', as in '/api' or '/shop/v2'"
    tidy = "/" + "/".join(part for part in value.split("/") if part)
    if value != tidy and PREFIX.fullmatch(tidy):
        advice = f"write {tidy!r}"
    yield f"{variable} is {value!r}: {advice}."


def public_url(variable: str, value: str) -> Iterator[str]:
    """Yield why ``value`` cannot be the public URL of an app or a site."""
    match = URL.fullmatch(value)
    if match and (HOST.fullmatch(match["authority"]) or is_address(match["authority"])):
        return
    if value:
        yield (
            f"{variable} is {value!r}: write the scheme and the host, a port or a path only if "
            "clients use one, and no slash at the end, as in 'https://example.org' or "
            "'https://example.org:8443/shop'."
        )


def sandbox(variable: str, value: dict) -> Iterator[str]:
    """Yield why ``value`` cannot change the sandbox of an app in a container."""
    if value:
        yield (
            f"{variable} is {value!r}, but only backend 'systemd' uses it. A container has another "
            "sandbox: remove the variable."
        )


def links(
    variable: str, directory: str, left_out: AbstractSet[Path] = frozenset()
) -> Iterator[str]:
    """Yield a link in ``directory`` on the controller that leads out of it.

    :param left_out: paths that do not count, relative to ``directory``.
    """
    try:
        for path in source_tree.list_paths(Path(directory), left_out):
            source_tree.check_path(path, Path(directory))
    except source_tree.TreeError as error:
        yield f"{variable} is {directory!r}: {error}."


def is_port(value: str) -> bool:
    """Return whether ``value`` is a port."""
    return bool(re.fullmatch(r"[1-9][0-9]{0,4}", value)) and int(value) <= 65535


def is_address(value: str) -> bool:
    """Return whether ``value`` is ``host:port``."""
    host, colon, port = value.rpartition(":")
    return bool(colon and HOST.fullmatch(host) and is_port(port))


def is_ip_address_and_port(value: str) -> bool:
    """Return whether ``value`` is an IP address with a port, where systemd can listen."""
    try:
        ip_address(value)
    except ValueError:
        return False
    return is_address(value)


def ip_address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IP address in ``address:port``.

    :raises ValueError: when it has none.
    """
    return ipaddress.ip_address(value.rpartition(":")[0].removeprefix("[").removesuffix("]"))


def is_socket(value: str) -> bool:
    """Return whether ``value`` can be the path of a unix socket (sun_path holds 108 bytes)."""
    return bool(PREFIX.fullmatch(value)) and len(value) < 108


def repeated(variable: str, values: list[str]) -> Iterator[str]:
    """Yield which of ``values`` a list has more than once."""
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{variable} has {value!r} more than once: write it once."
