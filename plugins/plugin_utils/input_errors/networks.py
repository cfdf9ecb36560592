"""Find what is wrong with lists of addresses and networks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NETWORK = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]+)?")


def errors(
    where: str, values: list[Any], example: str, too_wide: Callable[[Network], str]
) -> Iterator[str]:
    """Yield which values are no addresses and networks, and which are there twice.

    :param example: the end of the error for a value that is neither.
    :param too_wide: returns the end of the error for a network that is too wide, or nothing.
    """
    networks = []
    for value in values:
        network = parsed(value)
        if network is None:
            yield f"{where} has {value!r}: write an address or a network, as in {example}."
            continue
        networks.append(str(network))
        address = value.partition("/")[0]
        if fault := too_wide(network):
            yield f"{where} has {value!r}{fault}"
        elif ipaddress.ip_address(address) != network.network_address:
            yield (
                f"{where} has {value!r}: write '{network}' for the network, or {address!r} for the "
                "one address."
            )
    yield from common.repeated(where, networks)


def parsed(value: Any) -> Network | None:
    """Return the network or the address as nginx reads it, or nothing."""
    if not isinstance(value, str) or not NETWORK.fullmatch(value):
        return None
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
