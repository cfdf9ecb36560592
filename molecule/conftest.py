"""What the tests of every scenario ask with: one request, sent as it is written."""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import dataclass
from email.message import Message

import pytest

PORT = int(os.environ.get("SUBSITE_PORT", "18000"))


@dataclass(frozen=True)
class Answer:
    """What came back, before any redirect is followed."""

    status: int
    headers: Message
    body: bytes

    @property
    def location(self) -> str | None:
        """The Location header."""
        return self.headers["Location"]

    @property
    def json(self):
        """The body as JSON."""
        return json.loads(self.body)


def ask(
    path: str,
    method: str = "GET",
    host: str = f"localhost:{PORT}",
    body: bytes | None = None,
    **headers: str,
) -> Answer:
    """Send one request to the host's port 80, which this machine knows as PORT."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, {"Host": host, **named})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


MEASURED = pytest.StashKey[list[str]]()


@pytest.fixture
def tell(request):
    """Return a function that adds a line to what is shown when all tests are over."""
    return request.config.stash.setdefault(MEASURED, []).append


def pytest_terminal_summary(terminalreporter, config) -> None:
    """Show what was measured, passed or not."""
    for line in config.stash.get(MEASURED, []):
        terminalreporter.write_line(line)


@pytest.fixture(name="ask", scope="session")
def _ask():
    """Return the function that sends one request."""
    return ask
