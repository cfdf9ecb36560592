"""Fixtures of all scenarios: the host, and a check of its processes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import testinfra
from confinement import unconfined
from controller import MOLECULE

pytest_plugins = ["journal", "measured"]


@pytest.fixture(scope="session")
def container() -> str:
    """Return the name of the host, which podman runs."""
    suite = os.environ.get("SUBSITE_SUITE", "trixie")
    return f"subsite-{os.environ['MOLECULE_SCENARIO_NAME']}-{suite}"


@pytest.fixture(scope="session")
def host(container):
    """Return the host, asked through podman."""
    return testinfra.get_host(f"podman://{container}")


@pytest.fixture(scope="module", autouse=True)
def units_hold_all_processes() -> Iterator[None]:
    """Fail if a process of an app's user is left that no unit of its app holds."""
    yield
    names = [platform["name"] for platform in MOLECULE["platforms"]]
    hosts = [testinfra.get_host(f"podman://{name}") for name in names]
    assert [process for host in hosts for process in unconfined(host)] == []
