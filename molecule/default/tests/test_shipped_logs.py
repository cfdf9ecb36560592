"""rsyslog sends the logs of apps and of nginx to another host, with the README's configuration."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
import trustme
from client import ask
from controller import PROJECT
from patience import eventually

NAME = "logs.example.org"
"""The name of the server in the README. In the tests, the host itself has it."""
RECEIVE = """
import socketserver, ssl, sys

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain("/root/logs-server.pem")

class Receiver(socketserver.StreamRequestHandler):
    def handle(self):
        with context.wrap_socket(self.request, server_side=True) as client:
            while data := client.recv(65536):
                received.write(data)

socketserver.ThreadingTCPServer.allow_reuse_address = True
with open("/root/received", "ab", buffering=0) as received:
    socketserver.ThreadingTCPServer(("127.0.0.1", 6514), Receiver).serve_forever()
"""
FORGE = """
for pretended in 'sshd' 'x - - [origin@32473 unit="ssh.service" file=""]'; do
  echo "{mark} of a forger" | systemd-cat --identifier="$pretended"
done
"""
MESSAGE = re.compile(
    r"\d+ <\d+>1 (?P<time>\S+) (?P<host>\S+) (?P<program>\S+) - - "
    r'\[origin@32473 unit="(?P<unit>[^"]*)" file="(?P<file>[^"]*)"\] (?P<text>.*)'
)


@pytest.fixture(scope="module")
def receiver(host) -> Iterator[Callable[[str], None]]:
    """Run a server for logs, and return a function that starts or stops it."""
    authority = trustme.CA()
    issued = authority.issue_cert(NAME)
    server = b"".join(
        part.bytes() for part in [issued.private_key_pem, *issued.cert_chain_pems]
    ).decode()
    place(host, "/root/logs-server.pem", server)
    place(host, "/etc/ssl/logs.pem", authority.cert_pem.bytes().decode())
    place(host, "/root/receive.py", RECEIVE)
    place(
        host,
        "/run/systemd/system/receiver.service",
        "[Service]\nExecStart=/usr/bin/python3 /root/receive.py\n",
    )
    host.check_output(f"systemctl daemon-reload && echo 127.0.0.1 {NAME} >> /etc/hosts")
    yield lambda verb: host.check_output(f"systemctl {verb} receiver.service")
    host.check_output("systemctl stop receiver.service")


def place(host, path: str, text: str) -> None:
    """Write a file on the host."""
    host.check_output("printf %%s %s > %s", text, path)


@pytest.fixture(scope="module")
def shipping(host, receiver) -> Iterator[None]:
    """Let rsyslog send the logs, with the README's configuration as it is."""
    receiver("start")
    assert eventually(lambda: host.socket("tcp://127.0.0.1:6514").is_listening)
    readme = (PROJECT / "README.md").read_text()
    [text] = re.findall(r"<!-- ship -->\n```text\n(.*?)```", readme, re.DOTALL)
    packages = "rsyslog rsyslog-gnutls"
    install = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq"
    host.check_output(f"{install} --no-install-recommends {packages}")
    place(host, "/etc/rsyslog.d/ship.conf", text)
    host.check_output("systemctl restart rsyslog")
    yield
    host.check_output(f"rm /etc/rsyslog.d/ship.conf && apt-get purge --yes -qq {packages}")


@pytest.fixture
def received(host) -> Callable[..., list[dict[str, str]]]:
    """Return a function that waits for a text, and returns the messages that have it."""

    def find(text: str, number: int = 1) -> list[dict[str, str]]:
        found: list[str] = []

        def is_there() -> bool:
            found[:] = host.run("grep --fixed-strings %s /root/received", text).stdout.splitlines()
            return len(found) >= number

        # rsyslog tries again to connect after 30 seconds.
        assert eventually(is_there, seconds=90)
        matches = [MESSAGE.fullmatch(line) for line in found]
        assert all(matches), found
        return [match.groupdict() for match in matches]

    return find


def test_log_of_nginx_arrives(shipping, received):
    mark = uuid.uuid4().hex
    ask(f"/?{mark}")
    [message] = received(mark)
    assert (message["program"], message["unit"], message["file"]) == (
        "nginx",
        "",
        "/var/log/nginx/access.log",
    )
    assert f'"GET /?{mark} HTTP/1.1" 200' in message["text"]


def test_log_of_an_app_arrives(shipping, received, host):
    release = host.check_output("readlink /etc/systemd/system/wsgi-demo.service")
    messages = received("Booting worker")
    assert ("wsgi-demo", release) in {(found["program"], found["unit"]) for found in messages}


def test_unit_cannot_be_forged(shipping, received, host):
    mark = uuid.uuid4().hex
    script = FORGE.format(mark=mark)
    host.check_output("systemd-run --quiet --wait --unit=forger --uid=wsgi-bin sh -c %s", script)
    messages = received(mark, number=2)
    # The journal does not know the unit of a process that has just begun, or has ended.
    assert {message["unit"] for message in messages} <= {"forger.service", "init.scope", ""}


def test_messages_wait_for_the_server(shipping, received, receiver):
    mark = uuid.uuid4().hex
    receiver("stop")
    ask(f"/?{mark}")
    receiver("start")
    assert len(received(mark)) == 1
