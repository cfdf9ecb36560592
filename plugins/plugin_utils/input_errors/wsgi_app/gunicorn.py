"""Find what is wrong with what gunicorn runs, and with its workers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
MINIMA = {
    "workers": (1, "a worker is a process that serves requests"),
    "threads": (1, "a thread serves one request at a time"),
    "timeout": (1, "it is in seconds"),
}
"""The least value of a number, and why."""


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the callable, the workers and their timeout."""
    yield from _callable(inputs.values["callable"])
    for option, (minimum, why) in MINIMA.items():
        if inputs.values[option] < minimum:
            yield f"wsgi_app_{option} is {inputs.values[option]}: write {minimum} or more; {why}."


def _callable(value: str) -> Iterator[str]:
    module, colon, target = value.partition(":")
    if not colon or not MODULE.fullmatch(module) or not _is_target(target):
        yield (
            f"wsgi_app_callable is {value!r}: write 'module:attribute', as in 'shop.wsgi:app', or "
            "a factory with literal arguments, as in \"shop:create_app('production')\"."
        )


def _is_target(text: str) -> bool:
    """Return whether gunicorn accepts ``text``: a name, or a call of one with literals."""
    try:
        expression = ast.parse(text, mode="eval").body
        if isinstance(expression, ast.Call):
            for argument in [*expression.args, *(word.value for word in expression.keywords)]:
                ast.literal_eval(argument)
            expression = expression.func
    except (SyntaxError, ValueError):
        return False
    return isinstance(expression, ast.Name)
