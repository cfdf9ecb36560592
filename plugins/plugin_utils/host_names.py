"""Host names with letters beyond ASCII, as browsers and certificates have them (IDNA 2008)."""

from __future__ import annotations

import re
from typing import Any

try:
    import idna
except ImportError:
    # ansible-core does not require this library. ``fault`` says so when a name needs it.
    idna = None  # type: ignore[assignment]

URL = re.compile(r"(?P<scheme>https?://)(?![^/?#]*@)(?P<host>[^/:?#@]+)(?P<rest>.*)", re.DOTALL)


def to_ascii(name: str) -> str:
    """Return ``name`` with A-labels, as ``xn--bcher-kva.example``; if it has a fault, as it is."""
    return name if name.isascii() or fault(name) else _encoded(name)


def url_to_ascii(url: str) -> str:
    """Return ``url`` with A-labels in its host; if the host has a fault, as it is."""
    match = URL.fullmatch(url)
    return f"{match['scheme']}{to_ascii(match['host'])}{match['rest']}" if match else url


def fault(name: str) -> str:
    """Return why ``name`` cannot be converted, as the end of a sentence; empty if it can be."""
    if name.isascii():
        return ""
    if idna is None:
        return (
            "the Python of Ansible on the controller needs the library idna for this name: install "
            "it there with 'pip install idna', or write the name in ASCII (Punycode), as in "
            "'xn--bcher-kva.example' for 'bücher.example'"
        )
    try:
        _encoded(name)
    except idna.IDNAError as error:
        return f"IDNA 2008 does not allow this name ({str(error).removesuffix('.')})"
    return ""


def url_fault(url: str) -> str:
    """Return why the host of ``url`` cannot be converted; empty if it can be."""
    match = URL.fullmatch(url)
    return fault(match["host"]) if match else ""


def convert(values: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a site with A-labels, wherever they have a host name."""
    lists = {option: list(map(to_ascii, values[option])) for option in ("server_names", "aliases")}
    urls = {option: url_to_ascii(values[option]) for option in ("public_url", "verify_url")}
    tls = {**values["tls"], "names": list(map(to_ascii, values["tls"]["names"]))}
    return {**values, **lists, **urls, "tls": tls}


def _encoded(name: str) -> str:
    """Return ``name`` with A-labels. Its letters are mapped first, as browsers do (UTS 46)."""
    start = "*." if name.startswith("*.") else ""
    return start + idna.encode(name.removeprefix(start), uts46=True).decode()
