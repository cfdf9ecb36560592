"""The web hosts have one address, by the playbook of the README, and certificates for one name."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import trustme
from clients import sending
from controller import PROJECT, Run, play
from machines import APP1, FLOWS, WEB1, WEB2, Machine, delays, lost, requests, summary
from patience import eventually

pytestmark = pytest.mark.measures

ADDRESS = f"{WEB1.address.rpartition('.')[0]}.20"
ADDRESSES = (WEB1.address, WEB2.address, ADDRESS)
NAME = "example.org"
ROOT = "/etc/ssl/acme.pem"
"""Where the web hosts have the certificate of the ACME server."""
SOON = [flow for flow in FLOWS if flow.path == "/api/"]
"""Requests with a soon answer: a client that waits for a host without the address waits on."""


def holders() -> list[Machine]:
    """Return the hosts with the address."""
    return [
        machine
        for machine in (WEB1, WEB2)
        if f" {ADDRESS}/" in machine.run("ip -oneline address").stdout
    ]


def other(machine: Machine) -> Machine:
    """Return the other one of the web hosts."""
    [found] = {WEB1, WEB2} - {machine}
    return found


@pytest.fixture(scope="module")
def give(tmp_path_factory) -> Callable[[], Run]:
    """Return a function that runs the playbook."""
    readme = (PROJECT / "README.md").read_text()
    [text] = re.findall(r"<!-- keepalived -->\n```yaml\n(.*?)```", readme, re.DOTALL)
    playbook = tmp_path_factory.mktemp("keepalived") / "keepalived.yml"
    playbook.write_text(text)
    return partial(play, playbook, shared_address=f"{ADDRESS}/24")


@pytest.fixture(scope="module", autouse=True)
def address(deploy, give) -> None:
    deploy("site", "--limit=web")
    done = give()
    assert done.succeeded, done.output
    assert eventually(lambda: len(holders()) == 1)


def certificates(context: ssl.SSLContext) -> dict[str, bytes]:
    """Return the certificate that clients get at each address, who trust only the context."""
    return {address: certificate_at(address, context) for address in ADDRESSES}


def certificate_at(address: str, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection((address, 443), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        secure.sendall(f"GET /api/ HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        assert secure.recv(65536).startswith(b"HTTP/1.1 200 ")
        return secure.getpeercert(binary_form=True)


@pytest.fixture
def tls(deploy) -> Iterator[Callable[..., None]]:
    """Return a function that deploys the site with TLS. It is without TLS at the end."""
    yield lambda **settings: deploy("site", "--limit=web", nginx_site_tls=settings)
    deploy("site", "--limit=web")


@pytest.fixture
def acme() -> Iterator[str]:
    """Run an ACME server on a host of the app, which reaches the site by the address."""
    done = play(PROJECT / "molecule/tls/prepare.yml", "--limit=app1")
    assert done.succeeded, done.output
    APP1.run(f"echo {ADDRESS} {NAME} >>/etc/hosts")
    root = APP1.run("cat /var/lib/caddy/pki/authorities/local/root.crt").stdout
    for machine in (WEB1, WEB2):
        machine.run(f"echo {APP1.address} acme.example >>/etc/hosts; echo '{root}' >{ROOT}")
    yield root
    APP1.run("systemctl stop caddy")


def test_second_run_changes_nothing(give):
    assert give().changed == 0


def test_nginx_stops(tell):
    [holder] = holders()
    with sending(SOON, host=NAME, address=f"{ADDRESS}:80") as watch:
        watch.go_on(3)
        holder.run("systemctl stop nginx")
        watch.go_on(5)
        moved = holders()
        holder.run("systemctl start nginx")
        watch.go_on(5)
    gap = gap_of(watch)
    tell(f"nginx of the address stops: {summary(watch)}, in {gap:.1f} s")
    assert gap <= 2
    assert (moved, holders()) == ([other(holder)], [other(holder)])


def test_holder_is_cut_off(tell):
    [holder] = holders()
    with sending(SOON, host=NAME, address=f"{ADDRESS}:80") as watch:
        watch.go_on(3)
        cut = time.monotonic()
        holder.cut_off()
        try:
            watch.go_on(8)
        finally:
            holder.connect()
        watch.go_on(5)
    tell(f"the host with the address is cut off: {summary(watch)}, in {gap_of(watch):.1f} s")
    assert [each for each in lost(watch) if each["due"] > cut + 0.5] == []
    assert delays(watch)[-1] <= 3.5
    assert holders() == [other(holder)]


def gap_of(watch) -> float:
    """Return for how long requests were lost (s)."""
    due = [each["due"] for each in requests(watch) if each["failure"]]
    return max(due) - min(due) if due else 0


def test_both_hosts_can_hold_the_address_again():
    """Also the one that was cut off."""
    for _ in range(2):
        [holder] = holders()
        holder.run("systemctl stop nginx")
        try:
            assert eventually(lambda holder=holder: holders() == [other(holder)])
        finally:
            holder.run("systemctl start nginx")


def test_both_have_the_same_certificate(tls):
    authority = trustme.CA()
    issued = authority.issue_cert(NAME)
    certificate = b"".join(each.bytes() for each in issued.cert_chain_pems).decode()
    tls(mode="files", certificate=certificate, key=issued.private_key_pem.bytes().decode())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    assert len(set(certificates(context).values())) == 1


def test_both_get_certificates_of_an_acme_server(tls, acme):
    """The server asks the host with the address, also for the challenges of the other one."""
    tls(
        mode="acme",
        directory="https://acme.example:9443/acme/local/directory",
        directory_ca=ROOT,
        challenge_upstreams=[WEB1.address, WEB2.address],
    )
    found = certificates(ssl.create_default_context(cadata=acme))
    assert found[WEB1.address] != found[WEB2.address]
