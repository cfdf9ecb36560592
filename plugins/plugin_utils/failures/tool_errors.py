"""Find the error in the output of installers, compilers, container engines and commands."""

from __future__ import annotations

import re

CHATTER = re.compile(
    "|".join(
        (
            r"\[\d{4}-\d\d-\d\d [^\]]*\] \[\d+\] \[(INFO|DEBUG)\]",  # gunicorn
            r"Process \w*Process-\d+:$",  # multiprocessing
            r"\s*$|#.* Written by subsite\.deploy",
            r"\s*\[(end of output|stdout|stderr)\]$",
            r"\s*note: This (error originates from|is an issue with)",
            r"hint: Build failures usually indicate",
            r"Looking in (indexes|links):",
            r"\s*(Using cached|Downloading|Collecting|Requirement already satisfied) ",
            r"STEP \d+/\d+|--> |\[\d+/\d+\] STEP",  # podman
            r"(Error|ERROR): (error )?(building at STEP|failed to (build|solve))",
            r"[0-9a-f]{64}$|COMMIT|Successfully tagged",
            r"-{4,}$|\s*\d+ \| |\s*>{3} |Containerfile:\d+$| > \[",  # BuildKit
        )
    )
)
"""Lines that say nothing about an error."""

BUILDKIT = re.compile(r"#\d+ (?:\d+\.\d+ )?|\d+\.\d{3} ")
"""What BuildKit writes before a line of a build."""

COMPILER = re.compile(r"\bfatal error: ")
ERROR = re.compile(
    "|".join(
        (
            r"\s*(error|ERROR|Error|E|fatal|CommandError|npm ERR!|npm error)(\[\w+\])?:? \S",
            r"\S+: (line )?\d+: \S",  # of a shell
            r"[\w.-]+: (cannot|can't|could not|unable|failed|invalid) ",  # of its programs
        )
    )
)
OUTER = re.compile(
    "|".join(
        (
            r"\s*error: (subprocess-exited-with-error|metadata-generation-failed)",
            r"\s*error: The build backend returned an error",
            r"\s*(error|ERROR): Failed (to build|building)",
            r"\s*ERROR: (Could not build wheels|Failed to build installable wheels)",
            r"\s*ERROR: Could not find a version that satisfies",  # the next line is shorter
            r"\s*ERROR: Ignored the following versions",
            r"\s*ERROR: ResolutionImpossible",
            r"\s*error: command '.*' failed with exit code \d+$",
            r"\s*ERROR: (failed to (build|solve): )?process \"",
            r"Error: (building|error building) at STEP",
            r"Error: while running runtime",
        )
    )
)
"""Errors of a program that only repeat that another one has failed."""

BOILERPLATE = re.compile(
    r"\s*cause: (error sending request|client error|The build backend returned|Call to `"
    r"|error resolving DNS|dns error|Git operation failed)"
)
PACKAGE = re.compile(
    r"(?:Failed to build|Failed building wheel for|Failed to download and build) "
    r"[`']?(?P<what>[^`'\n]+?)[`']?(?: when .*)?$",
    re.MULTILINE,
)
CONFLICT = "The conflict is caused by:"

MOST = 6
"""Lines of one error."""


def without_buildkit(lines: list[str]) -> list[str]:
    """Return ``lines`` without what BuildKit writes before each."""
    return [BUILDKIT.sub("", line, count=1) for line in lines]


def error_in(lines: list[str]) -> tuple[int, list[str]]:
    """Return the number of the line with the error, counted from 0, and the lines to show.

    Without an error, the number is -1.
    """
    compiled = [number for number, line in enumerate(lines) if COMPILER.search(line)]
    if compiled:
        return len(lines), [lines[compiled[0]].strip(), *package_in(lines)]
    found = [
        number for number, line in enumerate(lines) if ERROR.match(line) and not OUTER.match(line)
    ]
    inner = [number for number in found if lines[number].startswith("    ")]
    if inner:
        return inner[-1], [lines[inner[-1]].strip(), *package_in(lines)]
    if not found:
        return -1, []
    error = [*_with_more(lines, found[0]), *_conflict(lines)]
    if len(found) > 1 and len(error) == 1:
        error.append(lines[found[-1]].strip())
    return found[-1], error[:MOST]


def _with_more(lines: list[str], number: int) -> list[str]:
    """Return the error at ``number``, and the indented lines that follow it."""
    error = [lines[number].strip()]
    for line in lines[number + 1 :]:
        if not line.startswith(" ") and line.strip():
            break
        if line.strip() and not BOILERPLATE.match(line):
            error.append("  " + line.strip())
    return error


def package_in(lines: list[str]) -> list[str]:
    """Name the package that was built."""
    found = PACKAGE.search("\n".join(lines))
    name = found["what"].partition(" @ ")[0] if found else "file://"
    return [] if name.startswith("file://") else [f"  in the build of {name}"]


def _conflict(lines: list[str]) -> list[str]:
    """Return pip's explanation of a conflict."""
    stripped = [line.strip() for line in lines]
    if CONFLICT not in stripped:
        return []
    start = stripped.index(CONFLICT) + 1
    end = stripped.index("", start) if "" in stripped[start:] else len(stripped)
    return [f"  {line}" for line in stripped[start:end]]


def last_lines(lines: list[str], count: int) -> list[str]:
    """Return the last lines that say something."""
    return [line.rstrip() for line in lines if not CHATTER.match(line)][-count:]
