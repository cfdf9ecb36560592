"""A client with an unknown name gets no certificate."""

from __future__ import annotations

import ssl

import pytest
from tls_client import Client

SHARED = "find /etc/nginx/conf.d -name 'tls-*' -printf '%f\\n' | sort"
SHOPS = ["tls-443.conf", "tls-[::]:443.conf"]
LATE = {"nginx_site_server_names": ["late.example"], "nginx_site_tls": {"mode": "self_signed"}}


@pytest.fixture(scope="module")
def stranger() -> Client:
    """A client that uses the name of no site."""
    return Client("none.example")


@pytest.fixture
def shared(host):
    """Return a function that lists the shared files."""
    return lambda: host.check_output(SHARED).split()


def test_no_certificate_for_unknown_names(stranger, shop):
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        stranger.certificate()
    assert shop.names() == {"shop.example"}


def test_nginx_accepts_the_configuration(host):
    checked = host.run("nginx -t -q")
    assert (checked.rc, checked.stderr) == (0, "")


@pytest.mark.usefixtures("absent")
def test_default_site_has_its_certificate(deploy, stranger, late):
    claiming = {**LATE, "nginx_site_default_server": True}
    deploy(**claiming)
    assert stranger.names() == {"late.example"}
    assert deploy(**claiming).changed == 0
    deploy(**LATE)
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        stranger.certificate()
    assert late.names() == {"late.example"}


def test_file_is_removed_with_the_last_site(deploy, shared):
    def at(port: int) -> dict:
        return {**LATE, "nginx_site_tls": {"mode": "self_signed", "listen": [f"127.0.0.1:{port}"]}}

    deploy(**at(8444))
    assert shared() == ["tls-127.0.0.1:8444.conf", *SHOPS]
    assert deploy(**at(8444)).changed == 0
    deploy(**at(8445))
    assert shared() == ["tls-127.0.0.1:8445.conf", *SHOPS]
    deploy(nginx_site_state="absent")
    assert shared() == SHOPS
