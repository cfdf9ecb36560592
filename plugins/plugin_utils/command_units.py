"""Units that run a command of a release: a background process or a schedule."""

from __future__ import annotations


def with_limits(command: dict, limits: dict) -> dict:
    """Return the limits of ``command``, and ``limits`` of the app where it has none."""
    given = {key: value for key, value in command["limits"].items() if value is not None}
    return {**limits, **given}


def names(unit: str, slice_unit: str, identifier: str, command_path: str) -> dict[str, str]:
    """Return the names of a unit.

    :param unit: its file name.
    :param slice_unit: the slice of its container.
    :param identifier: what the log calls it.
    :param command_path: the file with the command.
    """
    return {
        "unit": unit,
        "container": unit.removesuffix(".service"),
        "slice_unit": slice_unit,
        "identifier": identifier,
        "command_path": command_path,
    }
