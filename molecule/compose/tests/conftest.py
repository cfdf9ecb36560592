"""The machine with docker, and its user."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def directory() -> str:
    """Return where the containers are made from."""
    return "/home/me/site"


@pytest.fixture(scope="session")
def inspect(host) -> Callable[[str], Any]:
    def inspect(name: str) -> Any:
        """Return the output of docker inspect for the container of a service."""
        return json.loads(host.check_output("docker inspect site-%s-1", name))[0]

    return inspect


@pytest.fixture(scope="session")
def in_container(host) -> Callable[..., Any]:
    def in_container(name: str, *command: str) -> Any:
        """Run a command in the container of a service."""
        words = " ".join(["%s"] * len(command))
        return host.run(f"docker exec site-%s-1 {words}", name, *command)

    return in_container
