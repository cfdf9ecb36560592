"""Which scripts of other origins may read responses, with all defaults."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    "origins": [],
    "credentials": False,
    "methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    "headers": ["Authorization", "Content-Type"],
    "max_age": 600,
}
"""The settings and their defaults. A list of origins alone has all other defaults."""


def complete(value: Any) -> dict[str, Any]:
    """Return all settings of ``value``, which is a list of origins or a dictionary."""
    return DEFAULTS | ({"origins": value} if isinstance(value, list) else dict(value))
