"""Measurements of tests, printed at the end of the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

MEASURED = "measured"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return a function that adds a line to the printed measurements."""
    return partial(record_property, MEASURED)


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the measurements of passed and failed tests."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, line in report.user_properties:
                if name == MEASURED:
                    terminalreporter.write_line(line)
