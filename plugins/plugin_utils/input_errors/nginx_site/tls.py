"""Find what is wrong with the mode of TLS, and with a certificate that the user gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils import certificate, host_names
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MODES = {
    "certificate": ("files",),
    "key": ("files",),
    "names": ("self_signed", "acme"),
    "email": ("acme",),
    "directory": ("acme",),
    "directory_ca": ("acme",),
    "challenge_upstreams": ("acme",),
}
"""Options of ``nginx_site_tls``, and the modes that use them. All modes use the others."""

FILE = re.compile(r"(/[A-Za-z0-9._~@+-]+)+")
BEGIN = "-----BEGIN"
BASE64 = re.compile(r"(?!/)[A-Za-z0-9+/=\s]{20,}")
"""The text of a key without its first line, and no path."""
ADDRESS = re.compile(r"[0-9.]+|\[.*\]")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the options of the mode, and with a certificate that is given."""
    tls, names = inputs.values["tls"], inputs.values["server_names"]
    yield from _modes(tls["mode"], inputs.given.get("tls", {}))
    clients = tls["clients"]
    if clients is not None and BEGIN not in clients and not FILE.fullmatch(clients):
        yield (
            f"nginx_site_tls.clients is {_printed(clients)}: write the absolute path of a file on "
            "the host, without spaces, as in '/etc/ssl/clients.pem', or the text in PEM."
        )
    elif clients is not None and "PRIVATE KEY" in clients:
        yield "nginx_site_tls.clients is a text with a private key: write the certificates only."
    if tls["mode"] == "files":
        is_text = {option: BEGIN in tls[option] for option in ("certificate", "key")}
        if all(is_text.values()):
            yield from _texts(tls["certificate"], tls["key"], names)
        elif not any(is_text.values()):
            yield from _paths(tls)
        else:
            option = "certificate" if is_text["key"] else "key"
            yield (
                f"nginx_site_tls.{option} is not a text in PEM, but the other one is: write both "
                "as texts, or both as paths of files on the host."
            )
    elif tls["mode"] == "self_signed":
        yield from common.repeated("nginx_site_tls.names", tls["names"])
        for name in tls["names"]:
            if not common.HOST.fullmatch(name.removeprefix("*.")):
                advice = host_names.fault(name) or (
                    "write a host or an address, as in 'example.org', '*.example.org' or "
                    "'203.0.113.5'"
                )
                yield f"nginx_site_tls.names has {name!r}: {advice}."


def _modes(mode: str, given: dict) -> Iterator[str]:
    """Yield which of the ``given`` options the mode does not use."""
    for option, value in given.items():
        if option == "mode":
            continue
        if mode == "none":
            yield (
                f"nginx_site_tls.{option} is {_printed(value)}, but nginx_site_tls.mode is 'none', "
                "so the site has no TLS: write another mode, as in 'mode: files', or remove it."
            )
        elif mode not in MODES.get(option, (mode,)):
            yield (
                f"nginx_site_tls.{option} is {_printed(value)}, but nginx_site_tls.mode is "
                f"{mode!r}: it is for mode {' or '.join(MODES[option])}."
            )


def _paths(tls: dict) -> Iterator[str]:
    for option in ("certificate", "key"):
        if not FILE.fullmatch(tls[option]):
            yield (
                f"nginx_site_tls.{option} is {_printed(tls[option])}: write the absolute path of a "
                "file on the host, without spaces, as in '/etc/ssl/shop.pem', or the text in PEM."
            )


def _texts(pem: str, key: str, names: list[str]) -> Iterator[str]:
    hosts = [name for name in names if not ADDRESS.fullmatch(name)]
    for fault in certificate.faults(pem, hosts):
        yield f"nginx_site_tls.certificate is a text that {fault}."
    for fault in certificate.key_faults(pem, key):
        yield f"nginx_site_tls.key is a text that {fault}."


def _printed(value: Any) -> str:
    """Return ``value`` for a message, unless it may be a key."""
    is_text = BEGIN in str(value) or "\n" in str(value) or len(str(value)) > 100
    is_text = is_text or bool(BASE64.fullmatch(str(value)))
    return "a text" if is_text else repr(value)
