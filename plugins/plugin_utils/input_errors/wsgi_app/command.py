"""Find what is wrong with a command of a release."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

OPERATOR = re.compile(r"[;&|()\n]+")
"""What makes several commands of one (POSIX shell, 2.9)."""
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


def errors(where: str, command: str) -> Iterator[str]:
    """Yield why a shell could not run ``command`` in its own place."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=";&|()\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError as error:
        yield f"{where} is {command!r}, which a shell cannot read ({error}): close the quotes."
        return
    operators = [word for word in words if OPERATOR.fullmatch(word)]
    if not words:
        yield f"{where} is {command!r}: write a command, as in 'celery -A shop worker'."
    elif operators:
        yield (
            f"{where} is {command!r}, but {operators[0]!r} joins several commands: write one "
            f"command, or {'sh -c ' + shlex.quote(command)!r}."
        )
    elif ASSIGNMENT.fullmatch(words[0]):
        yield f"{where} is {command!r}: write {'env ' + command!r}."
