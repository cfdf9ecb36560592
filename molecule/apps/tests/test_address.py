"""An app that is to answer elsewhere does so once it can, and until then where it was."""

from __future__ import annotations

import pytest
from controller import deploy, play

BEFORE, AFTER = "127.0.0.1:8123", "127.0.0.1:8124"


@pytest.fixture(scope="module")
def answers(host):
    """Return a function that tells which of the addresses the app answers at."""

    def find() -> list[str]:
        code = "import sys, urllib.request as r; r.urlopen(f'http://{sys.argv[1]}/').read()"
        return [
            address
            for address in (BEFORE, AFTER)
            if host.run("python3 -c %s %s", code, address).succeeded
        ]

    return find


@pytest.fixture(scope="module")
def failure(answers) -> list[str]:
    """Move to the new address a release that is not healthy."""
    run = play("ledger.yml", wsgi_app_listen=AFTER, wsgi_app_health={"status": [599]})
    assert "still serves" in run.output
    return answers()


@pytest.fixture(scope="module")
def move(failure, answers):
    """Move to the new address and, in the end, back."""
    deploy("ledger.yml", wsgi_app_listen=AFTER)
    yield answers()
    deploy("ledger.yml")


def test_failed_release_keeps_the_address(failure):
    assert failure == [BEFORE]


def test_healthy_release_moves_to_the_address(move):
    assert move == [AFTER]
