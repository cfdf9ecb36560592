"""Clients that must show a certificate (mutual TLS)."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest
import trustme
from minimal import SITE
from serving import Nginx, free_ports, running

CHALLENGE = "/.well-known/acme-challenge/token"
FIELDS = {":method": "GET", ":scheme": "https", ":authority": "example.org", ":path": "/"}


@pytest.fixture(scope="module")
def theirs() -> trustme.CA:
    """Who signs the clients' certificates."""
    return trustme.CA()


@pytest.fixture(scope="module", params=["text", "path"])
def served(request, nginx_site, server_at, certificate, theirs, tmp_path_factory):
    """The site by http, and a function that returns it by https for a client."""
    nginx = Nginx(tmp_path_factory.mktemp("clients"))
    plain, secure = free_ports(2)
    text = theirs.cert_pem.bytes().decode()
    (nginx.top / "clients.pem").write_text(text)
    clients = text if request.param == "text" else f"{nginx.top}/clients.pem"
    tls = {"mode": "acme", "listen": [f"127.0.0.1:{secure}"], "clients": clients}
    page = {"path": "/", "root": f"{nginx.top}/page"}
    site = {
        **SITE,
        "nginx_site_listen": [f"127.0.0.1:{plain}"],
        "nginx_site_tls": tls,
        "nginx_site_mounts": [page],
        "__nginx_site_served_certificate": certificate,
        "__nginx_site_managed_clients_path": f"{nginx.top}/tls/clients",
    }
    nginx.add(nginx_site, site)
    for path in ("page/index.html", f"srv/main/acme{CHALLENGE}"):
        (nginx.top / path).parent.mkdir(parents=True, exist_ok=True)
        (nginx.top / path).write_text("the file")
    with running(nginx):
        yield server_at(plain, nginx.top), server_at(secure, nginx.top)


@pytest.fixture
def client(served, authority):
    def client(signer: trustme.CA | None):
        """Return the site for a client whose certificate is signed by ``signer``."""
        context = ssl.create_default_context()
        authority.configure_trust(context)
        if signer:
            signer.issue_cert("me@example.org").configure_cert(context)
        return replace(served[1], context=context)

    return client


def test_certificate(client, theirs):
    assert client(theirs).get("/").text == "the file"
    assert client(theirs).stream(list(FIELDS.items())).text == "the file"


@pytest.mark.parametrize("signer", [None, trustme.CA()], ids=["none", "of another CA"])
def test_no_certificate(client, signer):
    assert client(signer).get("/").status == 400
    assert client(signer).stream(list(FIELDS.items())).status == 400


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/", [], 308, id="redirect"),
        pytest.param("/", ["X-Forwarded-Proto: https"], 403, id="forged scheme"),
        pytest.param(CHALLENGE, [], 200, id="challenge"),
        pytest.param(f"{CHALLENGE}/../../../", ["X-Forwarded-Proto: https"], 403, id="dots"),
        pytest.param("/%2ewell-known/x", ["X-Forwarded-Proto: https"], 403, id="encoded"),
    ],
)
def test_plain_http(served, path: str, headers: list[str], status: int):
    assert served[0].get(path, *headers).status == status


def test_before_the_first_certificate(nginx, nginx_site, server_at):
    [port] = free_ports(1)
    listen = {"nginx_site_listen": [f"127.0.0.1:{port}"]}
    tls = {"mode": "acme", "clients": f"{nginx.top}/clients.pem"}
    site = {**SITE, **listen, "nginx_site_tls": tls, "__nginx_site_served_certificate": {}}
    nginx.add(nginx_site, site)
    with running(nginx):
        assert server_at(port, nginx.top).get("/api/x").status == 403


def test_container_reads_the_file(nginx_site):
    root = {"compose_directory": "/home/me/shop", **SITE}
    tls = {"mode": "files", "certificate": "/a.pem", "key": "/a.key"}
    for clients, kind, path in (
        ("/ca.pem", "host_paths", "/ca.pem"),
        ("-----BEGIN", "compose_paths", "/etc/nginx/tls/main.clients.pem"),
    ):
        settings = {**root, "nginx_site_tls": {**tls, "clients": clients}}
        assert path in nginx_site.value(f"__nginx_site_compose_needs.{kind}", settings)


def test_no_path_is_open_if_certbot_needs_none(nginx, nginx_site, server_at, certificate, theirs):
    plain, secure = free_ports(2)
    (nginx.top / "clients.pem").write_bytes(theirs.cert_pem.bytes())
    (nginx.top / "page").mkdir()
    (nginx.top / "page/index.html").write_text("the file")
    clients = {"clients": f"{nginx.top}/clients.pem", "listen": [f"127.0.0.1:{secure}"]}
    page = {"path": "/", "root": f"{nginx.top}/page", "fallback": "/index.html"}
    site = {
        **SITE,
        "nginx_site_listen": [f"127.0.0.1:{plain}"],
        "nginx_site_tls": {**certificate, **clients},
        "nginx_site_mounts": [page],
    }
    nginx.add(nginx_site, site)
    with running(nginx):
        assert server_at(plain, nginx.top).get(CHALLENGE).status == 403
