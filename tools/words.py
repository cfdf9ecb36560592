"""Refuse words that have another term in this project, and print that term.

CONTRIBUTING has the glossary. ALLOWED has the exceptions, with their reasons.

Usage: words.py [--count]
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[1]
CHECKED = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "app/",
    "bench/",
    "inventories/",
    "molecule/",
    "playbooks/",
    "plugins/",
    "roles/",
    "tests/",
)

# Words in any text, and the term to use.
WORDS = {
    r"told": "set to, receives, or the value's name",
    r"believ(?:e|es|ed|ing)": "trust, accept",
    r"nobody": "no user, no client, nothing",
    r"whoever": "a client, a user, any process that",
    r"somebody": "another user, a third party",
    r"what (?:becomes|became) of": "the result of",
    r"mend(?:s|ed|ing)?": "fix",
    r"visitors?": "client",
    r"refusals?": "input error",
}
# Parts of names (variables, functions, macros, keys, nginx variables, files), and the term to use.
PARTS = {
    "asked": "requested, or host_port",
    "believed": "trusted",
    "known": "allowed, listed",
    "mend": "fix",
    "near": "local, request",
    "nobody": "none",
    "own": "managed, private",
    "refusal": "input_error",
    "refusals": "input_errors",
    "seen": "found, info",
    "shown": "published",
    "somebody": "other_user",
    "told": "forwarded",
    "usual": "default",
    "visitor": "client",
    "visitors": "clients",
}
# A name has an underscore or a $, or the line defines it.
NAME = re.compile(r"\$?\b_*[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b|\$[a-z]\w*")
DEFINED = re.compile(
    r"""
    \b(?:def|class|macro|set|for)\s+(\w+)   # Python and Jinja
    | ^\s*(\w+)(?:,\s*\w+)*\s*(?::\s*[\w\[\], |"]+)?\s=\s   # an assignment
    | ^\s*-?\s*(\w+):(?:\s|$)                # a key of YAML
    | [({,]\s*(\w+)\s*(?:=|:\s)              # an argument or a key
    """,
    re.VERBOSE,
)
WORD = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)


class Allowed(NamedTuple):
    """A word that one file may have; all words, if it is empty."""

    file: str
    word: str
    reason: str


ALLOWED = (
    Allowed("molecule/apps/tests/test_secrets.py", "nobody", "the Unix user"),
    Allowed("molecule/release/tests/test_confinement.py", "nobody", "the Unix user"),
    Allowed("molecule/tls/tests/test_acme.py", "nobody", "the Unix user"),
    Allowed("roles/nginx_site/vars/main/trust.yml", "visitor", "the header Cf-Visitor"),
    Allowed("tests/nginx_site/test_origin.py", "visitor", "the header CF-Visitor"),
    Allowed("tests/plugins/test_file_set.py", "nobody", "the Unix user"),
    Allowed("tests/plugins/test_git_source.py", "nobody", "the Unix user"),
    Allowed("tests/tools/test_words.py", "", "the test of this program"),
)


class Finding(NamedTuple):
    """A refused word, its place, and the term to use."""

    file: str
    line: int
    word: str
    term: str

    def __str__(self) -> str:
        """Return the finding as a compiler prints it."""
        return f"{self.file}:{self.line}: {self.word} → {self.term}"


def term(word: str) -> str:
    """Return the term to use for ``word``."""
    return next(to_use for pattern, to_use in WORDS.items() if re.fullmatch(pattern, word.lower()))


def names(line: str) -> Iterator[str]:
    """Yield the names in ``line``."""
    yield from NAME.findall(line)
    for groups in DEFINED.findall(line):
        yield from (name for name in groups if name and "_" not in name)


def findings(file: str, text: str) -> Iterator[Finding]:
    """Yield the refused words in ``text``, which is the content or the name of ``file``."""
    allowed = {entry.word for entry in ALLOWED if entry.file == file}
    if "" in allowed:
        return
    for number, line in enumerate(text.splitlines(), 1):
        in_names = {
            name: part
            for name in names(line)
            for part in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name)
            if part.lower() in PARTS
        }
        for name, part in in_names.items():
            if name not in allowed:
                yield Finding(file, number, name, PARTS[part.lower()])
        for word in WORD.findall(line):
            if word.lower() not in allowed and word not in in_names:
                yield Finding(file, number, word, term(word))


def tracked_files() -> list[str]:
    """Return the files to check."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *CHECKED], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    return [name for name in listed.split("\0") if name and (PROJECT / name).is_file()]


def main() -> int:
    """Print the findings, or their number for each file."""
    total = 0
    for file in tracked_files():
        found = [*findings(file, Path(file).stem), *findings(file, (PROJECT / file).read_text())]
        total += len(found)
        if "--count" not in sys.argv:
            print(*found, sep="\n", end="\n" if found else "")
        elif found:
            print(f"{len(found):5} {file}")
    if total:
        print(f"{total} words have another term; CONTRIBUTING.md has the glossary.")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
