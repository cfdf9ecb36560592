"""One row of the table: what a program writes, and what to do then."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import App

Fix = Callable[[re.Match[str], App], "str | None"]


@dataclass(frozen=True)
class Row:
    """What to do if the output matches."""

    pattern: re.Pattern[str]
    fix: str | Fix
    """A sentence, with the groups of the pattern in braces; or a function that returns one, or
    nothing if the row does not hold."""
    parts: tuple[str, ...]
    """The parts of a deploy for which the row holds; empty for all."""

    def advice(self, text: str, app: App) -> str | None:
        """Return what to do, or nothing."""
        match = self.pattern.search(text)
        if not match or (self.parts and app.part not in self.parts):
            return None
        if callable(self.fix):
            return self.fix(match, app)
        named = {name: value or "" for name, value in match.groupdict().items()}
        return self.fix.format(
            **{"data_dir": app.data_dir, "user": app.user, "app": app.name, **named}
        )


def row(pattern: str, fix: str | Fix, *parts: str) -> Row:
    """Return a row; ``^`` and ``$`` in ``pattern`` match at each line."""
    return Row(re.compile(pattern, re.MULTILINE), fix, parts)
