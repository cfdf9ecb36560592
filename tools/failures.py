"""Print the failures in the log of a scenario, the most telling ones first, each on one line.

Usage: failures.py LOG
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LINES = 12
COLUMNS = 400
ESCAPE_CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
MOLECULE_BORDER = re.compile(r"^ *│ ?")
FAILED_TEST = re.compile(r"^(?:FAILED|ERROR) (?:\S*/)?(?P<name>\S+::\S.*?)(?: - (?P<message>.*))?$")
TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<name>.*)\] \**$")
FAILED_TASK = re.compile(r"^(?:fatal|failed): \[[^]]*\][^{]*(?:=>)?\s*(?P<result>.*)$")
MESSAGE = re.compile(
    r"""["']?msg["']?:\s*(?:[|>][-+]?|["']?(?P<text>.*?)["']?(?:,\s*["']\w+["']:|\}?$))"""
)
PROBLEM = re.compile(r"^(?:CRITICAL|ERROR|\[ERROR\]):?\s*(?P<message>.+)$")


def plain_lines(log: str) -> list[str]:
    """Return the lines of ``log`` without escape codes and without molecule's border."""
    text = ESCAPE_CODE.sub("", log).replace("\r", "")
    return [MOLECULE_BORDER.sub("", line).rstrip() for line in text.splitlines()]


def failed_tests(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the message of each test that pytest's summary lists."""
    for line in lines:
        if match := FAILED_TEST.match(line):
            yield match["name"], match["message"] or ""


def failed_tasks(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the message of each task that failed and was not ignored."""
    task = ""
    for number, line in enumerate(lines):
        if match := TASK.match(line):
            task = match["name"]
        elif match := FAILED_TASK.match(line):
            following = lines[number + 1 : number + 20]
            if "...ignoring" not in following[:1]:
                yield task, message_of(match["result"], following)


def message_of(result: str, following: list[str]) -> str:
    """Return the message of a task's result, which is JSON on one line or YAML on the next ones."""
    if match := MESSAGE.search(result):
        return (match["text"] or "").replace("\\n", " ").replace('\\"', '"')
    for number, line in enumerate(following):
        if match := MESSAGE.match(line.strip()):
            return match["text"] or " ".join(part.strip() for part in following[number + 1 :][:3])
    return result


def problems(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what molecule and Ansible report as errors."""
    for line in lines:
        if match := PROBLEM.match(line):
            yield "error", match["message"]


def last_lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the last lines that are not empty."""
    for line in [line for line in lines if line][-LINES:]:
        yield "", line


def grouped(failures: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield one line for each message, with the first name and the number of the others."""
    names_of: dict[str, list[str]] = {}
    for name, message in failures:
        names = names_of.setdefault(" ".join(message.split()) or name, [])
        if name not in names:
            names.append(name)
    for message, names in names_of.items():
        others = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        line = f"{names[0]}{others}" if message == names[0] else f"{names[0]}{others}: {message}"
        yield line.removeprefix(": ")


def report(log: str) -> list[str]:
    """Return the lines to print for ``log``."""
    lines = plain_lines(log)
    kinds = (failed_tests, failed_tasks, problems, last_lines)
    found = next((found for kind in kinds if (found := list(grouped(kind(lines))))), [])
    printed = found if len(found) <= LINES else found[: LINES - 1]
    cut = [line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…" for line in printed]
    return cut + ([f"and {len(found) - len(printed)} more"] if len(found) > len(printed) else [])


if __name__ == "__main__":
    print(*report(Path(sys.argv[1]).read_text(errors="replace")), sep="\n")
