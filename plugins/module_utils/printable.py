"""Show what an app, a proxy or a tool says, without the characters that a terminal obeys."""

from __future__ import annotations

import re
import unicodedata

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of Unicode whose characters are invisible and have an effect.

Controls move the cursor and begin escape sequences (ECMA-48); formats change the order of what is
read (UAX 9); surrogates, which JSON may contain, cannot be encoded; separators end lines.
"""

SELDOM = re.compile("[^ -~]")


def printable(text: str) -> str:
    r"""Return ``text`` with an escape, as ``\x1b``, in place of each character of :data:`UNSEEN`.

    Lines and tabs stay. An escape is shown rather than removed, so that two texts that differ still
    differ, and the reader sees that it was there.
    """
    return SELDOM.sub(lambda it: _shown(it[0], "\n\t"), text.replace("\r\n", "\n"))


def excerpt(text: str, most: int = 200) -> str:
    """Return the beginning of ``text`` in one line of at most ``most`` characters."""
    shown = SELDOM.sub(lambda it: _shown(it[0], ""), text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _shown(character: str, kept: str) -> str:
    if character in kept or unicodedata.category(character) not in UNSEEN:
        return character
    return character.encode("unicode_escape").decode()
