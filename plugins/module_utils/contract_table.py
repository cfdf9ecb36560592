"""Show people in a terminal what became of a URL, hop by hop."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

MARKS = {True: " ✓", False: " ✗", None: ""}
BELIEVED = {True: "believed ✗", False: "not believed ✓", None: "nobody can tell"}


def lines(contract: dict[str, Any]) -> list[str]:
    """Return what the module found, in lines."""
    return [
        f"{contract['url']}  {verdict(contract)}",
        *journey(contract["hops"]),
        *claims(contract["claims"]),
        *(line for finding in contract["findings"] for line in found(finding)),
    ]


def verdict(contract: dict[str, Any]) -> str:
    """Return in a word what became of it."""
    if contract["findings"]:
        return "✗ wrong"
    if not contract["unanswered"]:
        return "✓ right"
    return (
        f"? nobody answers there ({contract['unanswered']}): nginx_site_verify_url says where "
        "visitors find the site"
    )


def journey(hops: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what each hop knew, the parts of the URL in columns."""
    cells = [
        [f"{it['name']} {it['value']}{MARKS[it['right']]}" for it in hop["values"]] for hop in hops
    ]
    parts = [row for row in cells if row[0].startswith("scheme ")]
    widths = [max(map(len, column)) for column in itertools.zip_longest(*parts, fillvalue="")]
    for hop, row in zip(hops, cells, strict=True):
        if row in parts:
            row = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield f"  {hop['hop']:8} {hop['does']:9} {'  '.join(row)}".rstrip()


def claims(claims: dict[str, bool | None]) -> Iterator[str]:
    """Yield which forged headers were believed."""
    for verdict, words in BELIEVED.items():
        headers = [header for header, is_believed in claims.items() if is_believed is verdict]
        if headers:
            yield f"  forged   {words}: {', '.join(headers)}"


def found(finding: dict[str, str]) -> Iterator[str]:
    """Yield a finding."""
    yield f"  ✗ {finding['hop']}: {finding['means']} ({finding['fault']})"
    yield f"    expected {finding['expected']}, came {finding['came']}"
    yield from textwrap.wrap(
        finding["mend"], 100, initial_indent="    → ", subsequent_indent="      "
    )
