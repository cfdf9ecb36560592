"""Values of the header Host: what nginx accepts, and what it rejects as malformed."""

from __future__ import annotations

import pytest


def valid_hosts(name: str, scheme: str) -> list:
    """Return values of Host for the server ``name``, each with the public origin."""
    default, other = {"http": (80, 443), "https": (443, 80)}[scheme]
    unchanged = {
        "mapped port": f"{name}:8000",
        "default port": name,
        "port of another scheme": f"{name}:{other}",
        "smallest port": f"{name}:1",
        "largest port": f"{name}:65535",
        "IPv4": "127.0.0.1:8000",
        "IPv6": "[::1]:8000",
        "IPv6, default port": "[::1]",
    }
    changed = {
        "default port, spelt out": (f"{name}:{default}", name),
        "empty port": (f"{name}:", name),
        "capitals": (f"{name.upper()}:8000", f"{name}:8000"),
        "dot at the end": (f"{name}.:8000", f"{name}:8000"),
    }
    return [
        *[pytest.param(host, f"{scheme}://{host}", id=words) for words, host in unchanged.items()],
        *[
            pytest.param(host, f"{scheme}://{authority}", id=words)
            for words, (host, authority) in changed.items()
        ],
    ]


def invalid_hosts(name: str) -> list:
    """Return malformed values of Host, most of which contain the server ``name``."""
    start, end = name[:3], name[3:]
    hosts = {
        "user": f"user@{name}",
        "brackets": f"<{name}>",
        "quote": f'{start}"{end}',
        "backslash": f"{start}\\{end}",
        "underscore": f"{start}_{end}",
        "beyond ascii": f"{start}\xe4{end}",
        "space inside": f"{start} {end}",
        "hyphen first": f"-{name}",
        "path": f"{name}/x",
        "hash": f"{name}#",
        "dollar": "$host",
        "port by name": f"{name}:abc",
        "port 0": f"{name}:0",
        "port with a zero first": f"{name}:080",
        "port too large": f"{name}:65536",
        "port far too large": f"{name}:99999",
        "two ports": f"{name}:8000:1",
        "comma after the port": f"{name}:8000,evil.example",
        "comma": f"{name},evil.example",
        "open bracket": "[::1",
        "more after the bracket": "[::1]x",
    }
    return [pytest.param(host, id=words) for words, host in hosts.items()]
