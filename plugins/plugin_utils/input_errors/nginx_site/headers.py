"""Find what is wrong with headers that a site adds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,45}")
"""nginx has room for so many characters (proxy_headers_hash_bucket_size)."""

OF_ONE_RESPONSE = {
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "keep-alive",
    "location",
    "server",
    "set-cookie",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""Response headers that describe one response, so they cannot be the same in all."""

VARIABLES = {
    "strict-transport-security": "nginx_site_hsts",
    "alt-svc": "nginx_site_tls.http3",
}
"""Response headers that another variable sets."""

SET_BY_NGINX = {
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
}
"""Request headers that every app receives from nginx. A second value would contradict the first."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the response headers of the site and of its mounts."""
    yield from _of_responses("nginx_site_response_headers", inputs.values["response_headers"])
    for index, mount in enumerate(inputs.values["mounts"]):
        where = f"nginx_site_mounts[{index}].response_headers"
        yield from _of_responses(where, mount["response_headers"])


def _of_responses(where: str, headers: dict) -> Iterator[str]:
    yield from common.repeated(where, [name.lower() for name in headers])
    for name, value in headers.items():
        if not NAME.fullmatch(name):
            yield (
                f"{where} has {name!r}: use at most 46 letters, digits and hyphens, as in "
                "'X-Content-Type-Options'."
            )
        if name.lower() in OF_ONE_RESPONSE:
            yield f"{where} sets {name}, but this header describes one response: remove it."
        if name.lower() in VARIABLES:
            yield f"{where} sets {name}, but {VARIABLES[name.lower()]} sets it: use that variable."
        if not isinstance(value, str) or not re.fullmatch(r"[^\"\\$\x00-\x1f\x7f]+", value):
            yield (
                f"{where}.{name} is {value!r}: write a text without quotes, backslashes, dollar "
                "signs and line breaks."
            )


def of_requests(where: str, headers: dict) -> Iterator[str]:
    """Yield what is wrong with the request headers of a mount."""
    for name, value in headers.items():
        if not NAME.fullmatch(name):
            yield (
                f"{where} has {_beginning(name)!r}: use at most 46 letters, digits and hyphens, as "
                "in 'X-Team'."
            )
        if name.lower() in SET_BY_NGINX:
            yield f"{where} sets {name}, but nginx sets this header itself: remove it."
        if not re.fullmatch(r"[^\"\\\x00-\x1f\x7f]*", str(value)):
            yield (
                f"{where}.{name} is {value!r}: write a text without quotes, backslashes and line "
                "breaks."
            )


def _beginning(name: str) -> str:
    """Return ``name`` up to its first wrong character: a value may follow, as of a password."""
    match = re.match(r"[A-Za-z0-9-]{0,46}.?", name, re.DOTALL)
    return name if not match or match[0] == name else f"{match[0]}…"
