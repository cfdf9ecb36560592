"""What is true of a rendered site is true of a deployed one: apps are told the visitor's origin."""

from __future__ import annotations

import json
import subprocess

import pytest
from controller import SCENARIO
from origins import MODES, REQUEST, STRANGER, TABLE, TRUSTED, TRUSTING, origin_of, rows

QUESTIONS = [
    *((TRUSTED, row.values[0], *row.values[1]) for row in rows(*TABLE)),
    *(
        (STRANGER, mode, *row.values[1])
        for row in rows(*TRUSTING)
        for mode in (row.values[0], "edge")
    ),
]
"""An address, a mode and the headers that somebody there sends it."""


@pytest.fixture(scope="session")
def origins(container) -> dict[tuple[str, ...], str | int]:
    """Ask all of it on the host, in one call, and return what apps were told."""
    requests = [
        (
            address,
            *MODES[mode]["nginx_site_listen"],
            "\r\n".join([REQUEST, *headers, "Connection: close", "", ""]),
        )
        for address, mode, *headers in QUESTIONS
    ]
    answers = subprocess.run(
        ["podman", "exec", "--interactive", container, "python3", "-c"]
        + [(SCENARIO / "asker.py").read_text()],
        input=json.dumps(requests),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    told = (origin_of(*answer) for answer in json.loads(answers.stdout))
    return dict(zip(QUESTIONS, told, strict=True))


@pytest.mark.parametrize(("mode", "headers", "origin"), rows(*TABLE))
def test_origin(origins, mode: str, headers: list[str], origin: str | int):
    assert origins[TRUSTED, mode, *headers] == origin


@pytest.mark.parametrize(("mode", "headers", "origin"), rows(*TRUSTING))
def test_nobody_else_is_believed(origins, mode: str, headers: list[str], origin: str | int):
    assert origins[STRANGER, mode, *headers] == origins[STRANGER, "edge", *headers]
