"""Find what is wrong with the addresses of an app: its prefix, its public URL, its listener."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import (
    common,
    networks,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the addresses."""
    values = inputs.values
    yield from _prefix(values["prefix"], values["prefix_mode"])
    if values["public_url"]:
        yield from _public_url(values["public_url"], values["prefix"])
    if not common.is_ip_address_and_port(values["listen"]) and not common.is_socket(
        values["listen"]
    ):
        yield (
            f"wsgi_app_listen is {values['listen']!r}: write the path of a socket, as in "
            "'/run/wsgi/shop.sock', or an IP address with a port, as in '10.0.0.11:8000'."
        )
    else:
        yield from _clients(values["listen"], values["listen_allow"])


def _clients(listen: str, allowed: list[str]) -> Iterator[str]:
    is_local = common.is_socket(listen) or common.ip_address(listen).is_loopback
    if is_local and allowed:
        yield (
            f"wsgi_app_listen_allow is {allowed}, but no other host can connect to {listen!r}: "
            "remove it, or write an address of the host in wsgi_app_listen."
        )
    elif not is_local and not allowed:
        yield (
            f"wsgi_app_listen is {listen!r}, but wsgi_app_listen_allow is empty: who connects to "
            "the app can forge all that nginx tells it. Write the addresses of the hosts that run "
            "nginx, as in ['10.0.0.21']."
        )
    yield from networks.errors(
        "wsgi_app_listen_allow", allowed, "'10.0.0.21' or '10.0.0.16/28'", lambda network: ""
    )


def _prefix(prefix: str, mode: str) -> Iterator[str]:
    if prefix == "/":
        yield "wsgi_app_prefix is '/': leave it empty for the root of the site."
    elif prefix:
        yield from common.prefix("wsgi_app_prefix", prefix)
    elif mode != "script_name":
        yield (
            f"wsgi_app_prefix_mode is {mode!r}, but wsgi_app_prefix is empty: set a prefix, or "
            "remove the mode."
        )


def _public_url(url: str, prefix: str) -> Iterator[str]:
    wrong = list(common.public_url("wsgi_app_public_url", url))
    path = "/" + url.partition("://")[2].partition("/")[2]
    if wrong:
        yield from wrong
    elif not path.endswith(prefix):
        yield (
            f"wsgi_app_public_url is {url!r}, but wsgi_app_prefix is {prefix!r}: the URL must end "
            f"with the prefix, as in {f'https://example.org{prefix}'!r}."
        )
