"""The answer to a request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import Message
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An answer, before any redirect is followed."""

    status: int
    headers: Message
    body: bytes

    @property
    def location(self) -> str | None:
        """The Location header."""
        return self.headers["Location"]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body, parsed as JSON."""
        return json.loads(self.body)
