"""Find variables and suboptions that do not exist, and suboptions without a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

RESULTS = {"nginx_site_reports", "wsgi_app_report", "wsgi_app_switch"}
"""Variables that a role sets for tasks of its caller. They are still set in its next call."""


def errors(
    role: str, specification: Mapping[str, Any], entry_point: str, given: Mapping[str, Any]
) -> Iterator[str]:
    """Yield which of the ``given`` names do not exist, and which similar name does."""
    options = specification[entry_point]["options"]
    owners = {name: owner for owner, entry in specification.items() for name in entry["options"]}
    for name in sorted(set(given) - set(options) - RESULTS):
        if owner := owners.get(name):
            yield (
                f"{name} is {given[name]!r}, but only the entry point {owner!r} uses it: run "
                f"playbooks/{owner}.yml with it, or remove it."
            )
        else:
            advice = _meant(f"{role}_", name, owners) or "remove it."
            yield f"{name} is no variable of the role: {advice}"
    for name, option in options.items():
        yield from _suboptions(name, option, given.get(name))


def _suboptions(where: str, option: Mapping[str, Any], value: Any) -> Iterator[str]:
    options = option.get("options", {})
    if options and isinstance(value, list):
        for index, element in enumerate(value):
            yield from _suboptions(f"{where}[{index}]", option, element)
    elif options and isinstance(value, Mapping):
        names = {f"{where}.{name}" for name in options}
        for name in sorted({f"{where}.{name}" for name in value} - names):
            advice = _meant(f"{where}.", name, names) or f"use {', '.join(options)}."
            yield f"{name} is no option: {advice}"
        for name, suboption in options.items():
            if name in value and value[name] is None:
                yield f"{where}.{name} has no value: write one, or remove it."
            yield from _suboptions(f"{where}.{name}", suboption, value.get(name))


def _meant(start: str, name: str, names: Iterable[str]) -> str:
    """Return a question for the one of ``names`` that is most like ``name``, if there is one.

    :param start: the beginning of all names, which does not count.
    """
    endings = [other.removeprefix(start) for other in names]
    close = difflib.get_close_matches(name.removeprefix(start), sorted(endings), n=1)
    return f"do you mean {start}{close[0]}?" if close else ""
