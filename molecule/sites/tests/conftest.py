"""Ask the sites, look at their host, and run playbooks against it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
import testinfra

SCENARIO = Path(__file__).parents[1]
PLATFORM = f"subsite-sites-{os.environ.get('SUBSITE_SUITE', 'trixie')}"
PUBLISHED = {80: 18002, 8080: 18082}
"""Ports of the host, and of this machine, which stand for them."""


@dataclass(frozen=True)
class Answer:
    """What came back, before any redirect is followed."""

    status: int
    headers: Message
    text: str

    @property
    def environ(self) -> dict[str, str]:
        """The WSGI environ that the mirror saw."""
        return json.loads(self.text)["environ"]

    @property
    def body(self) -> str:
        """The request's body that the mirror saw."""
        return json.loads(self.text)["body"]


@dataclass(frozen=True)
class Play:
    """What became of a playbook."""

    succeeded: bool
    changed: int
    diffs: list[dict]
    message: str


def connect(port: int = 80) -> http.client.HTTPConnection:
    """Return a connection to a port of the host."""
    return http.client.HTTPConnection("127.0.0.1", PUBLISHED[port], timeout=30)


def ask(
    path: str,
    method: str = "GET",
    *,
    host: str = "one.example",
    port: int = 80,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    connection: http.client.HTTPConnection | None = None,
) -> Answer:
    """Send one request, as it is written, on a connection of its own unless one is given."""
    used = connection or connect(port)
    try:
        used.request(method, path, body, {"Host": host, **(headers or {})})
        with used.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        if connection is None:
            used.close()


def send(request: str) -> str:
    """Send what an HTTP client would not, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", PUBLISHED[80]), timeout=30) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def play(playbook: str, *options: str, **variables: object) -> Play:
    """Run a playbook of the scenario."""
    run = subprocess.run(
        [
            "ansible-playbook",
            f"--inventory={os.environ['MOLECULE_INVENTORY_FILE']}",
            f"--extra-vars={json.dumps(variables)}",
            *options,
            playbook,
        ],
        cwd=SCENARIO,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        stdout=subprocess.PIPE,
        text=True,
    )
    report = json.loads(run.stdout)
    results = [task["hosts"][PLATFORM] for play in report["plays"] for task in play["tasks"]]
    return Play(
        succeeded=run.returncode == 0,
        changed=report["stats"][PLATFORM]["changed"],
        diffs=[result["diff"] for result in results if result.get("diff")],
        message="\n".join(result["msg"] for result in results if result.get("failed")),
    )


def attempt(*options: str, **variables: object) -> Play:
    """Try to bring about the state of one more site, called news unless the variables differ."""
    news = {"nginx_site_name": "news", "nginx_site_server_names": ["news.example"]}
    return play("site.yml", *options, **{**news, **variables})


def deploy(*options: str, **variables: object) -> Play:
    """Bring about the state of one more site."""
    run = attempt(*options, **variables)
    assert run.succeeded, run.message
    return run


@pytest.fixture(scope="session")
def host():
    return testinfra.get_host(f"podman://{PLATFORM}")


@pytest.fixture(name="ask", scope="session")
def _ask():
    return ask


@pytest.fixture(name="send", scope="session")
def _send():
    return send


@pytest.fixture(name="play", scope="session")
def _play():
    return play


@pytest.fixture(name="attempt", scope="session")
def _attempt():
    return attempt


@pytest.fixture(name="deploy", scope="session")
def _deploy():
    return deploy


@pytest.fixture
def connection():
    """A connection that several requests can be sent on."""
    opened = connect()
    yield opened
    opened.close()
