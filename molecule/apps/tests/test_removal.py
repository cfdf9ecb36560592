"""An app that is removed leaves its data, and nothing else, to the app that comes back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from controller import deploy
from visitor import ask

DATA = "/var/lib/wsgi/dav"
LETTER, PUBLISHED_LETTER = "/dav/letter.txt", "/dav/plain/letter.txt"


@dataclass(frozen=True)
class Removal:
    """What was left of the app, and what its next life could do with it."""

    traces: list[str]
    user_exists: bool
    rights: str
    read: bytes
    published: bytes
    rewritten: int


@pytest.fixture(scope="module")
def removal(host, traces) -> Removal:
    ask(LETTER, "PUT", body=b"Dear heirs")
    deploy("dav.yml", wsgi_app_state="absent")
    left = {
        "traces": traces("dav"),
        "user_exists": host.user("wsgi-dav").exists,
        "rights": host.check_output(f"stat --format '%U:%G %a' {DATA}"),
    }
    deploy("dav.yml")
    return Removal(
        **left,
        read=ask(LETTER).body,
        published=ask(PUBLISHED_LETTER).body,
        rewritten=ask(LETTER, "PUT", body=b"Dear all").status,
    )


def test_leaves_data_alone(removal):
    assert removal.traces == [DATA]


def test_leaves_the_user_whose_number_the_data_have(removal):
    assert removal.user_exists


def test_leaves_data_to_root(removal):
    assert removal.rights == "root:root 700"


def test_next_life_reads_its_data(removal):
    assert removal.read == b"Dear heirs"


def test_next_life_writes_its_data(removal):
    assert removal.rewritten == 204


def test_nginx_serves_what_was_published(removal):
    assert removal.published == b"Dear heirs"
