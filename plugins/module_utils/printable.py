"""Escape control characters in texts of apps, proxies and tools."""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of Unicode whose characters are invisible and have an effect.

Control characters move the cursor and begin escape sequences (ECMA-48). Format characters change
the direction of text (UAX 9). Surrogates, which JSON may have, cannot be encoded. Separators end
lines.
"""

UNUSUAL = re.compile("[^ -~]")


def printable(text: str) -> str:
    r"""Return ``text`` with an escape, such as ``\x1b``, for each :data:`INVISIBLE` character.

    Line feeds and tabs stay. The characters are escaped and not removed, so that different texts
    stay different.
    """
    return UNUSUAL.sub(lambda match: _escape(match[0], "\n\t"), text.replace("\r\n", "\n"))


def excerpt(text: str, most: int = 200) -> str:
    """Return the first ``most`` characters of ``text``, in one line."""
    line = UNUSUAL.sub(lambda match: _escape(match[0], ""), text[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _escape(character: str, kept: str) -> str:
    if character in kept or unicodedata.category(character) not in INVISIBLE:
        return character
    return character.encode("unicode_escape").decode()
