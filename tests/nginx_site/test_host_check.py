"""Which hosts a site answers: plain names of any length and wording, and no others."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from serving import Nginx, free_ports, running

NAMES = [
    *["default", "hostnames", "include", "volatile"],  # are directives of nginx's map
    *["a.example", f"{'a' * 14}.example", f"{'a' * 15}.example", f"{'a' * 63}.example"],
    *["203.0.113.5", "[2001:db8::5]"],
]


@pytest.fixture(scope="module")
def port(nginx_site, tmp_path_factory) -> Iterator[int]:
    nginx = Nginx(tmp_path_factory.mktemp("hosts"))
    [port] = free_ports(1)
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": NAMES,
        "nginx_site_listen": [f"127.0.0.1:{port}"],
        "nginx_site_mounts": [{"path": "/", "redirect": "/page"}],
    }
    nginx.add(nginx_site, site)
    with running(nginx):
        yield port


def answer(port: int, request: str) -> str:
    """Return all that nginx sends before it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.mark.parametrize("host", [name for each in NAMES for name in (each, each.upper())])
def test_names_of_the_site_pass(port, host: str):
    assert " 302 " in answer(port, f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n")


@pytest.mark.parametrize("host", ["b.example", f"{'a' * 16}.example", "aaexample", "203.0.113.50"])
def test_others_do_not(port, host: str):
    assert " 421 " in answer(port, f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n")


def test_request_without_a_version_needs_a_name_of_the_site(port):
    """It has no headers, and the response has none either (HTTP/0.9)."""
    assert "302 Found" in answer(port, "GET http://a.example/\r\n")
    assert "421 Misdirected Request" in answer(port, "GET http://b.example/\r\n")


def test_names_keep_their_order(nginx_site):
    """Another order would be a change, and a reload, at every run."""
    names = [f"{letter}.example" for letter in "hgfedcba"]
    site = {"nginx_site_name": "main", "nginx_site_server_names": names}
    lines = nginx_site.texts("__nginx_site_files", site)["main.conf"].splitlines()
    keys = [line.split()[0] for line in lines if line.endswith(".example 1;")]
    assert keys == names * 2
