"""Find the exception in what a failed deploy has written, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures import tool_errors
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice import advise
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import (
    BUILD,
    BUILD_COMMANDS,
    COMMANDS,
    PROCESS,
    SETUP,
    WEB,
    App,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.tracebacks import (
    Traceback,
    tracebacks,
)

MOST = 12
"""Lines about the exception."""

TAIL = 8
"""Last lines of an output without an exception."""

WIDEST = 300
"""Characters of a line of the report."""

LONGEST = 2000
"""Characters of a line that are read."""

LATELY = 15
"""So many last lines of a command count. What is before may be of one that has succeeded."""

VALUES = re.compile(r", input_value=.*?, input_type=\w+")
"""What pydantic writes of the values that an app gets."""

HEALTH = "The health check of "
ENDED = "it ended; the reason is above"
TAGS = re.compile(r"<[^>]*>")

OF_SYSTEMD = re.compile(
    r"Failed at step|Failed to set up|OOM killer|timed out|code=(killed|dumped)|Failed to load"
)
"""What systemd says that the program does not."""

PARTS = {
    "wsgi_release": BUILD,
    "wsgi_image": BUILD,
    "wsgi_image_copy": BUILD,
    "wsgi_static": BUILD,
    "wsgi_build_commands": BUILD_COMMANDS,
    "wsgi_setup": SETUP,
    "wsgi_switch": WEB,
}
"""The part of a deploy that each module of the collection does."""

UNITS = {
    SETUP: r"^wsgi-[^._]+_setup\.",
    WEB: r"^wsgi-[^._]+\.",
    PROCESS: r"^wsgi-[^._]+_process_{name}(_\d+)?\.",
}
"""The units of the parts that systemd runs. An app's name has neither dots nor underscores."""

PROCESS_NAME = re.compile(r"background process '(?P<name>[^']+)'")


@dataclass(frozen=True)
class Entry:
    """A line of the journal."""

    unit: str
    identifier: str
    message: str

    @property
    def is_of_systemd(self) -> bool:
        """Whether systemd has written it, also for a process that it could not start."""
        return self.identifier == "systemd" or self.identifier.startswith("(")


@dataclass(frozen=True)
class Failure:
    """What is there of a deploy that has failed."""

    message: str
    """What the failed task says."""
    action: str = ""
    """The module of the failed task, as ``subsite.deploy.wsgi_switch``."""
    output: Sequence[str] = ()
    """The output of a build, or of the check of a background process."""
    journal: Sequence[Entry] = field(default=())
    """The lines of the units of the release."""

    @property
    def part(self) -> str:
        """Which part has failed; empty if no program of the app has run."""
        part = PARTS.get(self.action.rpartition(".")[2], "")
        if part == BUILD and _in_commands(self.output):
            return BUILD_COMMANDS
        return PROCESS if part == WEB and PROCESS_NAME.search(self.message) else part

    @property
    def entries(self) -> list[Entry]:
        """The lines of the unit that has failed; other units have done their work before."""
        name = PROCESS_NAME.search(self.message)
        unit = UNITS[self.part].format(name=name["name"] if name else "")
        return [entry for entry in self.journal if re.search(unit, entry.unit)]


def _in_commands(lines: Sequence[str]) -> bool:
    """Return whether the build commands of an image have failed."""
    last = [line for line in lines if "/build_commands" in line or "build_in_image" in line][-1:]
    return any("-ev /build_commands" in line for line in last)


def explain(failure: Failure, app: App) -> list[str]:
    """Return the lines that say why: the exception, its place, and last what to do."""
    lines = _written(failure, app)
    notes = [_clean(line) for line in _of_systemd(failure, app)]
    found = _last_traceback(lines, app)
    reason = _exception(found, lines, app) if found else []
    if app.part in (BUILD, *COMMANDS):
        position, error = tool_errors.error_in(lines)
        if error and (not found or position > found.end):
            found, reason = None, error
    reason += _health(lines, short=bool(reason)) if app.part == WEB else []
    reason += [line for line in notes if line not in reason]
    if not reason or app.part in COMMANDS:
        indent = "  " if reason else ""
        reason += [
            f"{indent}{line}"
            for line in tool_errors.last_lines(lines, TAIL)
            if not found and line.strip() not in [other.strip() for other in reason]
        ]
    if app.part == PROCESS:
        reason += failure.message.splitlines()[:1]
    # systemd may have started a process several times.
    reason = list(dict.fromkeys(reason)) or failure.message.splitlines()
    last = lines[-LATELY:] if app.part in COMMANDS else lines
    whole = "\n".join([*last, failure.message])
    exception = _with_frames(found) if found else ""
    if app.part == BUILD:  # an installer writes only of what has failed
        texts = [f"{exception}\n{whole}"]
    else:
        texts = [text for text in (exception, "\n".join([*reason, *notes]), whole) if text]
    advice = advise(texts, app)
    return [
        *(_bounded(line) for line in reason[:MOST]),
        *([f"Fix: {_bounded(advice, 2 * WIDEST)}"] if advice else []),
    ]


def _written(failure: Failure, app: App) -> list[str]:
    """Return the lines of the part that has failed."""
    if not app.part:
        return []
    if app.part in (BUILD, BUILD_COMMANDS):
        # On a full disk, the message has the output.
        output = failure.output or failure.message.splitlines()
        return tool_errors.without_buildkit([_clean(line) for line in output])
    entries = [entry for entry in failure.entries if not entry.is_of_systemd]
    written = [line for entry in entries for line in entry.message.splitlines() or [""]]
    written += failure.output if app.part == PROCESS else []
    return [_clean(line) for line in written]


def _of_systemd(failure: Failure, app: App) -> list[str]:
    """Return what only systemd says, without the names of units that are gone."""
    if app.part in ("", BUILD, BUILD_COMMANDS):
        return []
    notes = [
        entry.message.removeprefix(f"{entry.unit}: ")
        for entry in failure.entries
        if entry.is_of_systemd and OF_SYSTEMD.search(entry.message)
    ]
    # The step that failed comes last; what exactly failed in it, before.
    return list(dict.fromkeys(notes))[:3]


def _clean(line: str) -> str:
    return VALUES.sub("", line[:LONGEST]).rstrip()


def _last_traceback(lines: list[str], app: App) -> Traceback | None:
    found = list(tracebacks(lines))
    if not found or (app.part in COMMANDS and found[-1].end < len(lines) - LATELY):
        return None
    return found[-1]


def _exception(found: Traceback, lines: list[str], app: App) -> list[str]:
    """Return the exception, and the place in the project where it was raised.

    The build of a package of others has no such place, but the name of the package.
    """
    of_project = [frame for frame in found.frames if app.is_in_project(frame.file)]
    if app.part == BUILD and not of_project:
        return found.exception + tool_errors.package_in(lines)
    return found.exception + [
        f"  at {app.short(frame.file)}, line {frame.line}"
        + (f": {frame.code}" if frame.code else "")
        for frame in of_project[-1:]
    ]


def _health(lines: list[str], short: bool) -> list[str]:
    """Return what the health check says.

    :param short: whether the exception is known, so that the page of the app says no more.
    """
    starts = [number for number, line in enumerate(lines) if line.startswith(HEALTH)]
    if not starts:
        return []
    first, *page = lines[starts[-1] :]
    if short:
        return [] if first.endswith(ENDED) else [first]
    text = [stripped for line in page if (stripped := TAGS.sub("", line).strip())]
    return [first, *(f"  {line}" for line in dict.fromkeys(text[:3]))]


def _with_frames(found: Traceback) -> str:
    """Return the exception with the names of its frames, which say what the code did."""
    frames = [f"{frame.file} {frame.function} {frame.code}" for frame in found.frames]
    return "\n".join([*found.exception, *frames])


def _bounded(line: str, most: int = WIDEST) -> str:
    return line if len(line) <= most else f"{line[: most - 1]}…"
