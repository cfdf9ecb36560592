"""Read the answer of the wrapper around an app. The app has its key and can answer anything."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt

LONGEST_TEXT = 2000
"""How many characters of a text are kept."""

TEXTS = {"any name": str}
COUNTS = dict.fromkeys(("x_for", "x_proto", "x_host", "x_port", "x_prefix"), int)
SHAPE = {
    "received": {"scheme": str, "host": str, "path": str, "peer": str, "headers": TEXTS},
    "sees": dict.fromkeys(("scheme", "host", "port", "prefix", "path", "client"), str),
    "mounted": {"prefix": str, "mode": str, "forwarded_values": int},
    "builds": {"url": str, "cookie_path": str | None, "cookie_secure": bool},
    "app_proxy_fix": [COUNTS],
}
"""The types in an answer; :mod:`subsite_wsgi.diagnosis` writes it."""

TYPE_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "missing",
}
"""Names of the types of JSON, for messages."""

OPTIONAL = {"cookie_path", "cookie_secure"}
"""Keys that only the answer of a Flask app has."""

REQUIRED = {"received", "sees", "mounted"}
"""Keys by which an answer of the wrapper is recognised."""


def parse(page: bytes) -> dict[str, Any]:
    """Return the wrapper's answer in ``page``, without control characters, or nothing.

    :raises ValueError: when a value has another type than the wrapper writes.
    """
    try:
        answer = json.loads(page)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(answer, dict) or not set(answer) >= REQUIRED:
        return {}
    return _select(answer, SHAPE, "")


def _select(value: Any, shape: Any, name: str) -> Any:
    """Return the parts of ``value`` that ``shape`` has."""
    if shape is bool:
        return bool(value)
    if shape == TEXTS and isinstance(value, dict):
        return {excerpt(key): _select(text, str, f"{name}.{key}") for key, text in value.items()}
    if isinstance(shape, dict) and isinstance(value, dict):
        keys = [key for key in shape if key in value or key not in OPTIONAL]
        return {key: _select(value.get(key), shape[key], f"{name}.{key}") for key in keys}
    if isinstance(shape, list) and isinstance(value, list):
        return [_select(element, shape[0], name) for element in value]
    if isinstance(shape, dict | list) or not isinstance(value, shape):
        where = excerpt(name.removeprefix("."))
        raise ValueError(f"{where} in the wrapper's answer is {TYPE_NAMES[type(value)]}")
    return excerpt(value, LONGEST_TEXT) if isinstance(value, str) else value
