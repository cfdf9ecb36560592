"""Read nginx's configuration language.

Source: https://nginx.org/en/docs/beginners_guide.html#conf_structure and ngx_conf_read_token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(r"""#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\${[^}]*}|[^\s{};])+""")
"""A comment, a quoted or plain word, or the end of a directive or a block."""


class ConfigurationError(ValueError):
    """The text is not complete. The message names the line, but no word: it may be secret."""


@dataclass(frozen=True)
class Directive:
    """A directive with its words, and the names of the blocks around it."""

    line: int
    blocks: tuple[str, ...]
    words: tuple[str, ...]


def directives(text: str) -> Iterator[Directive]:
    """Yield the directives in ``text``, also those that open a block.

    :raises ConfigurationError: when a quote, a directive or a block has no end, or a block no
        beginning.
    """
    blocks: list[str] = []
    words: list[str] = []
    line = 1
    for match in TOKEN.finditer(text):
        token, line = match[0], text.count("\n", 0, match.start()) + 1
        if token.startswith("#"):
            continue
        if token not in "{};":
            words.append(_word(token, line))
            continue
        if token == "}":
            if words:
                raise ConfigurationError(f"line {line}: a directive has no ';' before '}}'")
            if not blocks:
                raise ConfigurationError(f"line {line}: '}}' has no '{{' before it")
            blocks.pop()
        elif not words:
            raise ConfigurationError(f"line {line}: {token!r} has no directive before it")
        else:
            yield Directive(line, tuple(blocks), tuple(words))
            if token == "{":
                blocks.append(words[0])
            words = []
    if words:
        raise ConfigurationError(f"line {line}: a directive has no ';' behind it")
    if blocks:
        raise ConfigurationError(f"line {line}: the block {blocks[-1]!r} has no '}}'")


def _word(token: str, line: int) -> str:
    if token[0] not in "\"'":
        return token
    if len(token) < 2 or token[-1] != token[0]:
        raise ConfigurationError(f"line {line}: a quote has no end")
    return token[1:-1]
