"""Show verify's report in a terminal, hop by hop."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

MARKS = {True: " ✓", False: " ✗", None: ""}
FORGED = {True: "accepted ✗", False: "ignored ✓", None: "not known"}


def render(report: dict[str, Any]) -> list[str]:
    """Return the lines of a report."""
    return [
        f"{report['url']}  {summarize(report)}",
        *render_hops(report["hops"]),
        *render_forged(report["forged"]),
        *(line for fault in report["faults"] for line in render_fault(fault, "✗")),
        *(line for warning in report["warnings"] for line in render_fault(warning, "!")),
    ]


def summarize(report: dict[str, Any]) -> str:
    """Return the result in a few words."""
    if report["faults"]:
        return "✗ wrong"
    if report["unanswered"]:
        return f"? no response ({report['unanswered']}). {report['advice']}"
    return "! right, with a warning" if report["warnings"] else "✓ right"


def render_hops(hops: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each hop, with the parts of the URL in columns."""
    rows = [
        [f"{value['name']} {value['value']}{MARKS[value['right']]}" for value in hop["values"]]
        for hop in hops
    ]
    url_rows = [row for row in rows if row[0].startswith("scheme ")]
    widths = [max(map(len, column)) for column in itertools.zip_longest(*url_rows, fillvalue="")]
    for hop, row in zip(hops, rows, strict=True):
        if row in url_rows:
            row = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield f"  {hop['hop']:8} {hop['does']:9} {'  '.join(row)}".rstrip()


def render_forged(forged: dict[str, bool | None]) -> Iterator[str]:
    """Yield which forged headers have an effect."""
    for verdict, text in FORGED.items():
        headers = [header for header, is_accepted in forged.items() if is_accepted is verdict]
        if headers:
            yield f"  forged   {text}: {', '.join(headers)}"


def render_fault(fault: dict[str, str], mark: str) -> Iterator[str]:
    """Yield the fault or warning with its mark, then the fix."""
    yield f"  {mark} {fault['hop']}: {fault['problem']} ({fault['name']})"
    yield f"    expected: {fault['expected']}; received: {fault['received']}"
    yield from textwrap.wrap(
        f"fix: {fault['fix']}", 100, initial_indent="    ", subsequent_indent="      "
    )
