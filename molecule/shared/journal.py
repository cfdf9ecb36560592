"""The journal of the hosts, printed with each test that fails."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import testinfra
from controller import MOLECULE

LINES = 20
"""So many lines of each host, its last ones since the phase of the test began."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the units of apps, and nginx, have logged meanwhile: the host is gone later."""
    report = yield
    if report.failed:
        for platform in MOLECULE["platforms"]:
            name = platform["name"]
            log = testinfra.get_host(f"podman://{name}").run(
                f"journalctl --since=@{int(call.start)} --lines={LINES} --output=short-precise "
                "--no-hostname --unit='wsgi*' --unit=nginx"
            )
            report.sections.append((f"journal of {name}", log.stdout or log.stderr))
    return report
