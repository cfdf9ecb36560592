"""Runs of the collection's playbooks on the hosts, and clients of the site."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest
from clients import Watch, sending
from controller import PROJECT, Run, play
from machines import FLOWS, WEB1


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Callable[..., Run]:
    """Return a function that runs a playbook of the collection.

    Its ``hosts`` are more variables of hosts, as lines of an inventory.
    """
    inventory = tmp_path_factory.mktemp("inventory") / "hosts"

    def run(playbook: str = "site", *options: str, hosts: str = "", **variables: object) -> Run:
        inventory.write_text(hosts)
        return play(
            PROJECT / f"playbooks/{playbook}.yml",
            f"--inventory={inventory}",
            *options,
            **{"verify": False, **variables},
        )

    return run


@pytest.fixture(scope="session")
def deploy(site) -> Callable[..., Run]:
    """Return a function that runs a playbook, which has to succeed."""

    def run(*arguments: str, **variables: object) -> Run:
        done = site(*arguments, **variables)
        assert done.succeeded, done.output
        return done

    return run


@pytest.fixture(scope="session")
def clients() -> Callable[[], AbstractContextManager[Watch]]:
    """Return a context manager in which clients send requests through one of the web hosts."""
    return partial(sending, FLOWS, host="example.org", address=f"{WEB1.address}:80")
