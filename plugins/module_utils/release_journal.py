"""Read what the units of a release have written to the journal (journalctl(1))."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.layout import Layout

MOST = 500
"""How many lines are read: the last ones."""

TOO_LONG = "(a line of more than 4096 characters)"


def entries(places: Layout, since: float) -> list[dict[str, str]]:
    """Return the entries of the release of ``places``.

    What other programs write of its units, as container engines, is left out.

    :param since: when the run began. An earlier one may have started the same release.
    """
    subprocess.run(["journalctl", "--sync"], check=False, capture_output=True)
    patterns = (places.service_unit, places.setup_unit, places.process_unit_pattern)
    done = subprocess.run(
        [
            *("journalctl", "--quiet", "--output=json", f"--lines={MOST}"),
            f"--since=@{int(since)}",
            *(f"--unit={pattern}" for pattern in patterns),
        ],
        check=False,  # what the report has besides is of use without a journal, too
        capture_output=True,
        text=True,
        errors="replace",
    )
    return [
        entry
        for line in done.stdout.splitlines()
        if is_of_release(entry := _entry(json.loads(line)), places)
    ]


def is_of_release(entry: dict[str, str], places: Layout) -> bool:
    """Return whether the app, or systemd for its unit, has written ``entry``.

    Until a program of a unit has started, systemd's process has a name in parentheses.
    """
    identifier = entry["identifier"]
    return (
        identifier in ("systemd", places.unit_prefix)
        or identifier.startswith("(")
        or identifier.startswith(f"{places.unit_prefix}-")
    )


def _entry(line: dict[str, object]) -> dict[str, str]:
    """Return an entry of a line of journalctl.

    A message that is no text is a list of bytes, and one of more than 4 KiB is null.
    """
    message = line.get("MESSAGE") or TOO_LONG
    if isinstance(message, list):
        message = bytes(_numbers(message)).decode(errors="replace")
    return {
        "unit": str(line.get("UNIT") or line.get("_SYSTEMD_UNIT") or ""),
        "identifier": str(line.get("SYSLOG_IDENTIFIER") or ""),
        "message": str(message),
    }


def _numbers(message: list) -> Iterator[int]:
    yield from (number for number in message if isinstance(number, int))
