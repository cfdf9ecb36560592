"""Read the tracebacks of Python in the output of a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEADER = "Traceback (most recent call last):"
FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
MARKS = re.compile(r"[\s^~]*$|\[Previous line repeated")
END = re.compile(
    r"$|\[\d{4}-\d\d-\d\d |Traceback |\s*\[end of output\]|hint: |The health check of "
    r"|(During handling|The above exception)|Process \w+-\d+:|]$"
    r"|A command of wsgi_app_build_commands ended "
)
"""What cannot be a line of an exception's message."""

MESSAGE = 6
"""How many lines of an exception are read."""

IGNORED = ("Exception ignored in", "Error in atexit._run_exitfuncs")
"""Begins of a line before a traceback that did not end the program."""


@dataclass(frozen=True)
class Frame:
    """A place in the code."""

    file: str
    line: int
    function: str
    code: str


@dataclass(frozen=True)
class Traceback:
    """An exception, and the frames that led to it, the last call last."""

    exception: list[str]
    frames: list[Frame]
    end: int
    """The line of the output after it, counted from 0."""


def tracebacks(lines: list[str]) -> Iterator[Traceback]:
    """Yield the tracebacks in ``lines``, except those that did not end the program."""
    for number, line in enumerate(lines):
        if HEADER not in line:
            continue
        if number and lines[number - 1].strip().startswith(IGNORED):
            continue
        start = line.index(HEADER)
        found = _read(lines, number + 1, start)
        if line.startswith("[") and found.exception:  # gunicorn quotes it behind its own error
            said = [before for before in lines[:number] if before.strip()][-1:]
            found = Traceback([*said, *found.exception], [], found.end)
        if found.exception:
            yield found


def _read(lines: list[str], number: int, start: int) -> Traceback:
    """Read the traceback whose first frame is at ``number``, indented by ``start`` characters."""
    frames: list[Frame] = []
    while number < len(lines) and lines[number][start:].startswith((" ", "\t")):
        frame = FRAME.search(lines[number])
        if frame:
            frames.append(Frame(frame["file"], int(frame["line"]), frame["function"] or "", ""))
        elif frames and not frames[-1].code and not MARKS.match(lines[number].strip()):
            last = frames.pop()
            frames.append(Frame(last.file, last.line, last.function, lines[number].strip()))
        number += 1
    exception: list[str] = []
    while number < len(lines) and len(exception) < MESSAGE:
        line = lines[number][start:] if not lines[number][:start].strip() else lines[number]
        if END.match(line):
            break
        exception.append(line.rstrip())
        number += 1
    return Traceback(exception, frames, number)
