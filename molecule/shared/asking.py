"""Requests that a host sends to its own nginx."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

ASKER = Path(__file__).with_name("asker.py")


def answers(container: str, requests: list[tuple[str, int, list[str]]]) -> list[tuple[int, str]]:
    """Send all requests in one call on the host, and return status and body of each answer.

    :param requests: for each, the address of the client, the port, and the lines of its head.
    """
    questions = [
        (address, port, "\r\n".join([*head, "Connection: close", "", ""]))
        for address, port, head in requests
    ]
    done = subprocess.run(
        ["podman", "exec", "--interactive", container, "python3", "-c", ASKER.read_text()],
        input=json.dumps(questions),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)
