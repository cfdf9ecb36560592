"""An app that is removed leaves its data, and nothing else, to the app that comes back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from client import ask
from controller import deploy

DATA = "/var/lib/wsgi/dav"
LETTER, PUBLISHED_LETTER = "/dav/letter.txt", "/dav/plain/letter.txt"


@dataclass(frozen=True)
class Removal:
    """What removal left of the app, and what a new app could do with it."""

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


def test_data_stays(removal):
    assert removal.traces == [DATA]


def test_user_of_the_data_stays(removal):
    assert removal.user_exists


def test_data_is_for_root(removal):
    assert removal.rights == "root:root 700"


def test_new_app_reads_old_data(removal):
    assert removal.read == b"Dear heirs"


def test_new_app_writes_old_data(removal):
    assert removal.rewritten == 204


def test_nginx_serves_published_files(removal):
    assert removal.published == b"Dear heirs"
