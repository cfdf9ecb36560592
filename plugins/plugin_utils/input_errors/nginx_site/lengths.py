"""Find texts that are too long for a word in the configuration of nginx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MAXIMUM = 1000
"""Bytes. A word of nginx has at most 4096, and the role joins paths and escapes characters."""

MAXIMUM_HEADER = 3000
"""Bytes of a header's value, which is a word of its own, as a long Content-Security-Policy."""

UNLIMITED = ("extra", "http_extra", "redirects")
"""Options whose values are no single word, or that have a limit of their own."""

PEM = "-----BEGIN"


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield which values are too long."""
    for option, value in inputs.values.items():
        if option not in UNLIMITED:
            yield from _of(f"nginx_site_{option}", value)


def _of(where: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name not in UNLIMITED:
                yield from _of(f"{where}.{str(name)[:50]}", part)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _of(f"{where}[{index}]", part)
    elif isinstance(value, str) and PEM not in value:
        most = MAXIMUM_HEADER if "headers." in where else MAXIMUM
        if (size := len(value.encode(errors="replace"))) > most:
            yield f"{where} has {size} bytes: write at most {most}."
