"""Read requirements files as pip does, and write them as both installers read them."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError, Source

INCLUDE = re.compile(r"(?:-[rc]|--(?:requirement|constraint)s?(?=[\s=]))[\s=]*(?P<path>.+)")
REMOTE = re.compile(r":/|[$][{]")
"""A path that pip downloads, or that it completes by an environment variable."""

HASH = re.compile(r"--hash[=\s]")
EDITABLE = re.compile(r"(?:-e|--editable(?=[\s=]))[\s=]*(?P<what>.+)")

SEPARATOR = re.compile(r"[\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Characters that end a line for pip (str.splitlines), but not for uv."""

CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""A comment in one of the first two lines that names the encoding (PEP 263)."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""The mark of UTF-32-LE begins with that of UTF-16-LE."""


def read(source: Source, names: Iterable[str]) -> dict[str, str]:
    """Return the text of the files ``names``, and of each file that they include, by path.

    :raises BuildError: when an included one is missing, or one is outside of the source, cannot be
        decoded, or is read differently by pip and uv.
    """
    found: dict[str, str] = {}
    waiting = list(names)
    included = set()
    while waiting:
        name = waiting.pop()
        if name in found or REMOTE.search(name):
            continue
        content = source.content(name)
        if content is None:
            if name in included:
                raise BuildError(
                    f"a requirements file includes {name!r}, which the source does not have: "
                    "add the file, or remove the line."
                )
            continue
        text = found[name] = decode(content, name)
        if SEPARATOR.search(text):
            raise BuildError(
                f"{name!r} has a character that ends a line for pip, but not for uv, such as a "
                "form feed: remove it, or write a line break."
            )
        for line in lines(text):
            if include := INCLUDE.match(line):
                path = source.beside(name, include["path"].strip("\"'"))
                included.add(path)
                waiting.append(path)
    return found


def decode(content: bytes, name: str) -> str:
    """Return the text of a requirements file, by its byte order mark or its coding line.

    :raises BuildError: when it has another encoding.
    """
    encoding = "utf-8"
    for mark, of_mark in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            content, encoding = content[len(mark) :], of_mark
            break
    else:
        for line in content.split(b"\n")[:2]:
            if match := CODING.match(line):
                encoding = match[1].decode("ascii", "replace")
    try:
        return re.sub("\r\n?", "\n", content.decode(encoding))
    except (UnicodeDecodeError, LookupError) as error:
        raise BuildError(
            f"{name!r} cannot be read as {encoding}: {error}. Save it as UTF-8, or write its "
            "encoding into the first line, as in '# -*- coding: latin-1 -*-'."
        ) from error


def lines(text: str) -> Iterator[str]:
    """Yield the lines of a requirements file without comments; a backslash joins two lines.

    A backslash at the end of a comment does not: pip may skip the next line, but uv reads it.
    """
    whole = ""
    for line in text.split("\n"):
        whole += re.sub(r"(^|\s)#.*", "", line)
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        if whole.strip():
            yield whole.strip()
        whole = ""
    if whole.strip():
        yield whole.strip()


def has_hashes(texts: Iterable[str]) -> bool:
    """Return whether one of the ``texts`` has hashes."""
    return any(HASH.search(text) for text in texts)


def as_installed(text: str) -> str:
    """Return ``text`` with one requirement a line, and ordinary ones in place of editable ones."""
    return "".join(f"{as_copy(line)}\n" for line in lines(text))


def as_copy(line: str) -> str:
    """Return ``line`` with an ordinary requirement in place of an editable one.

    An editable one would link to the directory of the build, which a release does not keep.
    """
    editable = EDITABLE.match(line)
    if not editable:
        return line
    what = re.sub(r"^([\"'])(.*)\1$", r"\2", editable["what"])
    # Without a slash, it would be the name of a package.
    return what if what.startswith((".", "/")) or ":" in what else f"./{what}"


def paths(source: Source, name: str, text: str) -> Iterator[str]:
    """Yield each path of the source in the requirements file ``name``, such as ``libs/x``."""
    starts = [source.of_project(""), os.path.dirname(name)]
    for line in lines(text):
        if INCLUDE.match(line):
            continue
        for word in re.split(r"[\s=@;\[\],\"']+", line):
            bare = "/" not in word and not word.startswith(".") and not line.startswith("-")
            for path in local_paths(word, starts):
                if source.is_file(path) or source.is_directory(path) and not bare:
                    yield path


def local_paths(word: str, starts: Iterable[str]) -> Iterator[str]:
    """Yield the paths of the source that ``word`` can mean, from each of the ``starts``."""
    word = re.sub(r"^(file:(//)?)?(/?[$][{]PROJECT_ROOT[}]/)?", "", word)
    for start in starts if word else ():
        yield os.path.normpath(os.path.join(start, word))
