"""Find what is wrong with the public URLs and with trust in proxies."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.filter.default_trusted_headers import (
    default_trusted_headers,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils import host_names
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common, networks
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MINIMUM_BITS = {4: 8, 6: 16}
"""The shortest prefix length of a public network that may be trusted, by the version of IP."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the public URLs, the trusted proxies and their headers."""
    for option in ("public_url", "verify_url"):
        if fault := host_names.url_fault(inputs.values[option]):
            yield f"nginx_site_{option} is {inputs.values[option]!r}: {fault}."
        else:
            yield from common.public_url(f"nginx_site_{option}", inputs.values[option])
    address = inputs.values["verify_address"]
    if address and not common.HOST.fullmatch(address) and not common.is_address(address):
        yield (
            f"nginx_site_verify_address is {address!r}: write a host or an address, with or "
            "without a port, as in '203.0.113.5' or 'lb.example.org:8443'."
        )
    yield from networks.errors(
        "nginx_site_trusted_proxies",
        inputs.values["trusted_proxies"],
        "'10.0.0.5' or 'fd00::/64'",
        _too_wide,
    )
    hops = inputs.values["proxy_hops"]
    if not 1 <= hops <= 10:
        yield (
            f"nginx_site_proxy_hops is {hops}: write how many trusted proxies a request passes, "
            "from 1 to 10."
        )
    yield from _headers(inputs)
    if not inputs.values["trusted_proxies"]:
        yield from _without_proxies(inputs)


def trusted_headers(inputs: Inputs) -> list[str]:
    """Return the trusted headers. nginx uses them only if there are trusted proxies."""
    values = inputs.values
    if values["trusted_headers"] != ["auto"]:
        return [header for header in values["trusted_headers"] if header != "auto"]
    return default_trusted_headers(
        values["proxy_preset"], values["public_url"], values["proxy_protocol"]
    )


def has_forwarded_scheme(inputs: Inputs) -> bool:
    """Return whether a trusted proxy sends the scheme that the client uses."""
    return bool(inputs.values["trusted_proxies"]) and "proto" in trusted_headers(inputs)


def has_http_proxy(inputs: Inputs) -> bool:
    """Return whether proxies in front send requests of their own, and not only connections."""
    return bool(inputs.values["trusted_proxies"]) and not inputs.values["proxy_protocol"]


def _too_wide(network: networks.Network) -> str:
    if network.prefixlen >= MINIMUM_BITS[network.version] or network.is_private:
        return ""
    return (
        ": clients connect from there, too, and could forge every URL. Write the networks of the "
        f"proxies only; a public one must not be wider than /{MINIMUM_BITS[network.version]}."
    )


def _headers(inputs: Inputs) -> Iterator[str]:
    headers = inputs.values["trusted_headers"]
    if "auto" in headers and len(headers) > 1:
        yield (
            f"nginx_site_trusted_headers is {headers!r}: write [auto] alone, or write each header, "
            "as in [proto, for]."
        )
    origin = [name for name in trusted_headers(inputs) if name not in ("for", "request_id")]
    if origin and inputs.values["public_url"]:
        yield (
            f"nginx_site_trusted_headers has {origin[0]!r}, but nginx_site_public_url sets it for "
            "every request: remove one of them."
        )


def _without_proxies(inputs: Inputs) -> Iterator[str]:
    """Yield the first setting that has no effect because no proxy is trusted."""
    values = inputs.values
    settings = {
        "proxy_preset": values["proxy_preset"] != "none",
        "trusted_headers": not {"proto", "for"}.issuperset(trusted_headers(inputs)),
        "proxy_hops": values["proxy_hops"] > 1,
        "proxy_protocol": values["proxy_protocol"],
    }
    for option in [option for option, is_set in settings.items() if is_set][:1]:
        yield (
            f"nginx_site_{option} is {values[option]!r}, but nginx_site_trusted_proxies is empty, "
            "so no forwarded header is used: write the addresses of the proxies, as in "
            "['10.0.0.5']."
        )
