"""A deployed site forwards the same origin as a rendered one (tests/nginx_site/test_origin.py)."""

from __future__ import annotations

import pytest
from asking import answers
from origins import MODES, REQUEST, STRANGER, TABLE, TRUSTED, TRUSTING, origin_of, rows

QUESTIONS = [
    *((TRUSTED, row.values[0], *row.values[1]) for row in rows(*TABLE)),
    *(
        (STRANGER, mode, *row.values[1])
        for row in rows(*TRUSTING)
        for mode in (row.values[0], "edge")
    ),
]
"""A client address, a mode, and the headers of a request."""


@pytest.fixture(scope="session")
def origins(container) -> dict[tuple[str, ...], str | int]:
    """Send all requests in one call on the host, and return what the apps received."""
    requests = [
        (address, *MODES[mode]["nginx_site_listen"], [REQUEST, *headers])
        for address, mode, *headers in QUESTIONS
    ]
    received = (origin_of(*answer) for answer in answers(container, requests))
    return dict(zip(QUESTIONS, received, strict=True))


@pytest.mark.parametrize(("mode", "headers", "origin"), rows(*TABLE))
def test_origin(origins, mode: str, headers: list[str], origin: str | int):
    assert origins[TRUSTED, mode, *headers] == origin


@pytest.mark.parametrize(("mode", "headers", "origin"), rows(*TRUSTING))
def test_other_peers_are_not_trusted(origins, mode: str, headers: list[str], origin: str | int):
    assert origins[STRANGER, mode, *headers] == origins[STRANGER, "edge", *headers]
