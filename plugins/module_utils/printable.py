"""Show what an app, a proxy or a tool says, without the characters that a terminal obeys."""

from __future__ import annotations

import re

CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""C0 without tab and line feed, and C1 (ECMA-48): they move the cursor, and begin sequences."""

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks, embeddings, overrides and isolates (Unicode, UAX 9): they change the order of a text."""

SURROGATE = "\ud800-\udfff"
"""Halves of a character, as JSON may have them: no terminal and no file can be sent one."""

UNPRINTABLE = re.compile(f"[{CONTROL}{BIDI}{SURROGATE}]")
LINE_BREAKING = re.compile(f"[\t\n\u2028\u2029{CONTROL}{BIDI}{SURROGATE}]")


def printable(text: str) -> str:
    r"""Return ``text`` with ``\x1b`` and the like in place of each control character.

    Lines and tabs stay. An escape is shown rather than removed, so that two texts that differ still
    differ, and the reader sees that it was there.
    """
    return UNPRINTABLE.sub(_escaped, text.replace("\r\n", "\n"))


def excerpt(text: str, most: int = 200) -> str:
    """Return the beginning of ``text`` in one line of at most ``most`` characters."""
    shown = LINE_BREAKING.sub(_escaped, text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
