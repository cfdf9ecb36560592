"""Output of apps and builds is printed as plain text, and only that of the app itself (M6)."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from controller import Run, play
from taken_over import SCENARIO, local, project

MARK = Path("/tmp") / f"canary-{secrets.token_hex(4)}"
SAID = "\x1b]0;CANARY-title\x07\x1b[31mCANARY-red\x1b[0m \x9b31m \x08\x7f \u202e CANARY-end"
TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch " + str(MARK) + "') }}"


def say(text: str) -> str:
    return f"import sys\nprint({text!r}, {TEMPLATE!r}, file=sys.stderr, flush=True)\n"


def at_import() -> dict[str, object]:
    return {"taken.py": say(SAID) + "raise SystemExit(1)\n"}


def in_a_build() -> dict[str, object]:
    attack = f"def attack():\n    raise SystemExit({SAID + TEMPLATE!r})\n"
    return project(attack)


@pytest.fixture(scope="module", params=[at_import, in_a_build])
def failure(request, evil, source) -> Run:
    """Deploy an app that fails with hostile output, while another app forges its name."""
    evil.does("""
import socket
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for name in ("wsgi-victim", "systemd"):
    journal.sendto(
        f"MESSAGE=CANARY-forged\\nSYSLOG_IDENTIFIER={name}\\n".encode(),
        "/run/systemd/journal/socket",
    )
""")
    return play(SCENARIO / "deploy.yml", app="victim", **local(source(**request.param())))


def test_failure_is_reported(failure):
    assert (failure.succeeded, "CANARY-end" in failure.output) == (False, True)


def test_report_has_no_control_characters(failure):
    """M6. Of a carriage return, Python makes a new line when it reads the output."""
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", failure.output) == []


def test_report_has_no_bidirectional_characters(failure):
    """Further attack: text that is shown in another order than it is written."""
    assert re.findall("[\u202a-\u202e\u2066-\u2069]", failure.output) == []


def test_report_is_not_evaluated(failure):
    assert ("lookup('ansible.builtin.pipe'" in failure.output, MARK.exists()) == (True, False)


def test_report_has_no_lines_of_another_app(failure):
    """L4, further attack: it would be taken for the app's own words."""
    assert "CANARY-forged" not in failure.output
