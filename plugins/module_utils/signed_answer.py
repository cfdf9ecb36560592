"""Read what the wrapper around an app answers; the app has its key and can answer anything."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt

TEXT = 2000
"""Characters of one text that are kept."""

TEXTS = {"any name": str}
COUNTS = dict.fromkeys(("x_for", "x_proto", "x_host", "x_port", "x_prefix"), int)
SHAPE = {
    "came": {"scheme": str, "host": str, "path": str, "peer": str, "headers": TEXTS},
    "sees": dict.fromkeys(("scheme", "host", "port", "prefix", "path", "client"), str),
    "mounted": {"prefix": str, "mode": str, "values": int},
    "builds": {"url": str, "cookie_path": str | None, "cookie_secure": bool},
    "own_proxy_fix": [COUNTS],
}
"""What an answer has in it: see :mod:`subsite_wsgi.diagnosis_endpoint`."""

KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "missing",
}
"""What kinds of JSON values are called."""

OPTIONAL = {"cookie_path", "cookie_secure"}
"""Keys that only the answer of a Flask app has."""

MARKS = {"came", "sees", "mounted"}
"""Keys that every answer of the wrapper has."""


def read(page: bytes) -> dict[str, Any]:
    """Return what the wrapper has answered, without control characters; nothing if it has not.

    :raises ValueError: when something in it is of another kind than the wrapper writes.
    """
    try:
        said = json.loads(page)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict) or not set(said) >= MARKS:
        return {}
    return _fitted(said, SHAPE, "")


def _fitted(value: Any, shape: Any, name: str) -> Any:
    """Return what ``shape`` names of ``value``."""
    if shape is bool:
        return bool(value)
    if shape == TEXTS and isinstance(value, dict):
        return {excerpt(key): _fitted(it, str, f"{name}.{key}") for key, it in value.items()}
    if isinstance(shape, dict) and isinstance(value, dict):
        there = [key for key in shape if key in value or key not in OPTIONAL]
        return {key: _fitted(value.get(key), shape[key], f"{name}.{key}") for key in there}
    if isinstance(shape, list) and isinstance(value, list):
        return [_fitted(it, shape[0], name) for it in value]
    if isinstance(shape, dict | list) or not isinstance(value, shape):
        where = excerpt(name.removeprefix("."))
        raise ValueError(f"{where} in the signed answer is {KINDS[type(value)]}")
    return excerpt(value, TEXT) if isinstance(value, str) else value
