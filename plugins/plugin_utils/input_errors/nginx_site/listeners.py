"""Find what is wrong with the addresses that a site listens on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the listeners for HTTP, for TLS and for the status page."""
    plain, tls = inputs.values["listen"], inputs.values["tls"]
    secure = tls["listen"] if tls["mode"] != "none" else []
    yield from _addresses("nginx_site_listen", plain, 80)
    yield from _addresses("nginx_site_tls.listen", secure, 443)
    if tls["mode"] != "none" and not secure:
        yield "nginx_site_tls.listen is empty: write a port, as in [443]."
    if tls["mode"] == "none" and not plain:
        yield "nginx_site_listen is empty: write a port, as in [80]."
    for address, other in itertools.product(secure, plain):
        if _overlap(address, other):
            yield (
                f"nginx_site_tls.listen has {address!r}, but nginx_site_listen has {other!r}: a "
                "port accepts either TLS or plain HTTP, so write it in one of them."
            )
    if inputs.values["status_listen"]:
        yield from _status(inputs.values["status_listen"], plain, secure)


def _addresses(variable: str, addresses: list[str], port: int) -> Iterator[str]:
    yield from common.repeated(variable, addresses)
    for address in addresses:
        if not common.is_port(address) and not common.is_address(address):
            yield (
                f"{variable} has {address!r}: write a port, as in {port}, or an address with a "
                f"port, as in '127.0.0.1:{8000 + port}'."
            )


def _status(address: str, plain: list[str], secure: list[str]) -> Iterator[str]:
    is_loopback = common.is_ip_address_and_port(address) and common.ip_address(address).is_loopback
    if not is_loopback:
        yield (
            f"nginx_site_status_listen is {address!r}: write a loopback address with a port, as in "
            "'127.0.0.1:8081'. The status is for this host only."
        )
        return
    for variable, others in {"nginx_site_listen": plain, "nginx_site_tls.listen": secure}.items():
        for other in others:
            if _overlap(address, other):
                yield (
                    f"nginx_site_status_listen is {address!r}, but {variable} has {other!r}: "
                    "choose another port."
                )


def _overlap(one: str, other: str) -> bool:
    """Return whether two listeners would get the same connections; a bare port gets all."""
    host, colon, port = one.rpartition(":")
    other_host, other_colon, other_port = other.rpartition(":")
    return port == other_port and (host == other_host or not colon or not other_colon)
