"""A way for tests to tell what they measured; it is shown when all of them are over."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

MEASURED = "measured"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return a function that adds a line to what is shown."""
    return partial(record_property, MEASURED)


def pytest_terminal_summary(terminalreporter) -> None:
    """Show what was measured, passed or not."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, line in report.user_properties:
                if name == MEASURED:
                    terminalreporter.write_line(line)
