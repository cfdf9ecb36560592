"""Find what is wrong with the background processes of an app."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.wsgi_app import limits
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

VARIABLE = "wsgi_app_processes"
OPERATOR = re.compile(r"[;&|()\n]+")
"""What makes several commands of one (POSIX shell, 2.9)."""
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_processes``."""
    processes = inputs.values["processes"]
    yield from common.repeated(VARIABLE, [process["name"] for process in processes])
    for process in processes:
        yield from common.name(f"{VARIABLE}[].name", process["name"])
        where = f"{VARIABLE}[{process['name']}]"
        yield from _command(f"{where}.command", process["command"])
        yield from _numbers(where, process)
        yield from limits.of(f"{where}.limits", process["limits"])


def _command(where: str, command: str) -> Iterator[str]:
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


def _numbers(where: str, process: dict) -> Iterator[str]:
    if process["count"] < 1:
        yield (
            f"{where}.count is {process['count']}: write 1 or more, or remove the process from "
            f"{VARIABLE}."
        )
    elif process["exclusive"] and process["count"] > 1:
        yield (
            f"{where}.count is {process['count']}, but the process is exclusive, so there must be "
            "one of it: remove one of the two."
        )
    for name, example in (("stop_timeout", "60"), ("probation", "5")):
        if process[name] < 0:
            yield f"{where}.{name} is {process[name]:g}: write seconds, as in {example}."
