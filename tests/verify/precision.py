"""Show how often verify is right, when all tests are over."""

from __future__ import annotations

NAMED = "named"
"""The property of a test with three numbers: faults named, faults present, and 1 if both agree."""


def pytest_terminal_summary(terminalreporter) -> None:
    """Write how many of the named faults are present, and how many of those present were named."""
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    named = [value for report in reports for name, value in report.user_properties if name == NAMED]
    if not named:
        return
    reported, wrong, right = (sum(numbers) for numbers in zip(*named, strict=True))
    terminalreporter.write_line(
        f"verify: {wrong} wrong set-ups and {len(named) - wrong} right ones: "
        f"precision {right}/{reported}, recall {right}/{wrong}"
    )
