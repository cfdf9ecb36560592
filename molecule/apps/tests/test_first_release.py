"""An app without a past: nothing is there, its first release fails, the next one serves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from client import ask
from controller import deploy, play

LETTER = "/dav/letter.txt"


@dataclass(frozen=True)
class Beginning:
    """The state before the first release and after its failure, and the output of the run."""

    before: list[str]
    after: list[str]
    output: str


@pytest.fixture(scope="module", autouse=True)
def beginning(traces) -> Beginning:
    ask(LETTER, "PUT", body=b"Dear reader")
    deploy("dav.yml", wsgi_app_state="absent", wsgi_app_remove_data=True)
    before = traces("dav")
    output = play("dav.yml", wsgi_app_health={"status": [418]}).output
    after = traces("dav")
    deploy("dav.yml")
    return Beginning(before, after, output)


def test_removed_app_leaves_nothing(beginning):
    assert beginning.before == []


def test_message_reports_no_current_release(beginning):
    assert "No other release of it serves." in beginning.output


def test_failure_leaves_no_unit_and_no_socket(beginning):
    assert beginning.after == ["/srv/wsgi/dav", "/var/cache/wsgi/dav", "/var/lib/wsgi/dav"]


def test_next_release_serves():
    assert ask("/dav/").status == 200


def test_next_release_has_no_old_data():
    assert ask(LETTER).status == 404
