"""Decide whether a version of Python is one that a project asks for."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

Version = tuple[int, ...]

PART = re.compile(
    r"(?P<operator>~=|===?|!=|<=|>=|<|>|\^|~)?\s*"
    r"(?P<version>\d+(\.\d+)*)((?P<any>\.\*)|(a|b|rc|\.?dev)\d+)?"
)

COMPARISONS: dict[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


def allows(requirement: str, version: Version) -> bool:
    """Return whether ``requirement`` allows ``version``, as ``(3, 13, 5)``.

    It is as in requires-python (PEP 440), or as in [tool.poetry.dependencies], as ``^3.11``.

    :raises BuildError: when it is neither.
    """
    return any(
        all(_allows(part.strip(), version) for part in re.split(r"[,\s]+(?=[^\d\s])|,", choice))
        for choice in re.split(r"\s*\|\|?\s*", requirement)
    )


def _allows(part: str, version: Version) -> bool:
    if part in ("", "*"):
        return True
    match = PART.fullmatch(part)
    if not match:
        raise BuildError(f"{part!r} is no requirement for a version of Python.")
    wanted = tuple(int(number) for number in match["version"].split("."))
    sign = match["operator"]
    if not sign:  # only Poetry has this
        return _begins(version, wanted)
    if sign in COMPARISONS:
        return COMPARISONS[sign](_padded(version), _padded(wanted))
    if sign in ("==", "===", "!="):
        same = _begins(version, wanted) if match["any"] else _padded(version) == _padded(wanted)
        return same != (sign == "!=")
    return _padded(version) >= _padded(wanted) and _begins(version, _series(sign, wanted))


def _series(sign: str, wanted: Version) -> Version:
    """Return the numbers that stay the same: ``^3.11`` allows 3.x, and ``~3.11`` 3.11.x."""
    if sign == "^":
        return wanted[:1]
    if sign == "~=":
        return wanted[:-1]
    return wanted[:2]


def _begins(version: Version, start: Version) -> bool:
    return version[: len(start)] == start


def _padded(version: Version) -> Version:
    return (*version, 0, 0, 0)[:3]
