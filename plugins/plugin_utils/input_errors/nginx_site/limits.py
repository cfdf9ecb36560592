"""Find what is wrong with the limits of a site and of its mounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import trust
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

SIZE = re.compile(r"(?P<number>[1-9][0-9]{0,12}|0)(?P<unit>[kmg]?)", re.IGNORECASE)
UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
MAXIMUM_SIZE = 1024
"""Gigabytes of a body. nginx itself counts in 64 bits."""
YEAR = 31536000
"""Seconds. nginx itself accepts some more."""
MAXIMUM_BURST = 1000000
"""Requests. This is as much as the highest rate."""
RATE = re.compile(r"[1-9][0-9]{0,5}r/[sm]")
MAXIMUM_LINE = 64
"""Kilobytes. nginx has four such buffers; gunicorn.conf.py.j2 accepts 4 times 64 kB."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_limits`` and the limits of mounts."""
    limits = inputs.values["limits"]
    yield from body_size("nginx_site_limits.body_size", limits["body_size"])
    yield from _header_size(limits["header_size"])
    for option in ("header_timeout", "body_timeout", "send_timeout"):
        yield from seconds(f"nginx_site_limits.{option}", limits[option])
    yield from _clients("nginx_site_limits", limits, inputs.given.get("limits", {}), inputs)
    for index, mount in enumerate(inputs.values["mounts"]):
        if mount["limits"] is not None:
            where = f"nginx_site_mounts[{index}].limits"
            for option in ("body_timeout", "send_timeout"):
                yield from seconds(f"{where}.{option}", mount["limits"][option])
            given = inputs.given["mounts"][index]["limits"]
            yield from _clients(where, mount["limits"], given, inputs)


def _shared(where: str, limits: dict, inputs: Inputs) -> Iterator[str]:
    for option in ("connections", "rate"):
        is_shared = trust.has_http_proxy(inputs) and "for" not in trust.trusted_headers(inputs)
        if limits[option] is not None and is_shared:
            yield (
                f"{where}.{option} is {limits[option]!r}, but nginx_site_trusted_headers "
                "does not have 'for', so all clients behind a proxy count as one: add it, or "
                "remove the limit."
            )


def body_size(where: str, value: str | None) -> Iterator[str]:
    """Yield why ``value`` cannot be the size of a body."""
    if value is None:
        return
    size = SIZE.fullmatch(value)
    if not size or (value != "0" and size["number"] == "0"):
        yield f"{where} is {value!r}: write a size, as in '10m'."
    elif int(size["number"]) * UNITS[size["unit"].lower()] > MAXIMUM_SIZE * UNITS["g"]:
        yield (
            f"{where} is {value!r}: write at most '{MAXIMUM_SIZE}g', as in '10m', or '0' for no "
            "limit."
        )


def seconds(where: str, value: int | None) -> Iterator[str]:
    """Yield why ``value`` cannot be a timeout."""
    if value is not None and value < 1:
        yield f"{where} is {value}: write 1 second or more."
    elif value is not None and value > YEAR:
        yield f"{where} is {value}: write at most {YEAR} seconds, which is a year."


def _header_size(value: str | None) -> Iterator[str]:
    if value is None:
        return
    size = re.fullmatch(r"([1-9][0-9]{0,3})[kK]", value)
    if not size or int(size[1]) > MAXIMUM_LINE:
        yield (
            f"nginx_site_limits.header_size is {value!r}: write from '1k' to '{MAXIMUM_LINE}k'. "
            "Apps do not accept longer lines."
        )


def _clients(where: str, limits: dict, given: dict, inputs: Inputs) -> Iterator[str]:
    connections, rate, burst = limits["connections"], limits["rate"], limits["burst"]
    if connections is not None and not 1 <= connections <= 65535:
        yield (
            f"{where}.connections is {connections}: write 1 or more, up to 65535. A "
            "browser opens six, and more streams with HTTP/2."
        )
    if rate is not None and not RATE.fullmatch(rate):
        yield (
            f"{where}.rate is {rate!r}: write how many requests in a second or in a "
            "minute, as in '10r/s' or '30r/m'."
        )
    if burst < 0:
        yield f"{where}.burst is {burst}: write 0 or more."
    if burst > MAXIMUM_BURST:
        yield f"{where}.burst is {burst}: write at most {MAXIMUM_BURST}."
    if "burst" in given and rate is None:
        yield (
            f"{where}.burst is {burst}, but {where}.rate is not set: set it, "
            "as in {rate: 10r/s, burst: 20}."
        )
    yield from _shared(where, limits, inputs)
