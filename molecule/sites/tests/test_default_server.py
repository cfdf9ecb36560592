"""The default server rejects unknown names, instead of the welcome page."""

from __future__ import annotations

import pytest
from client import ask, send

WELCOME = "/etc/nginx/sites-enabled/default"
MOUNTS = [{"path": "/api", "app": "mirror"}]


@pytest.fixture(scope="module", autouse=True)
def news(deploy, host):
    """A site that is the default server, until the welcome page comes back."""
    target = host.file(WELCOME).linked_to
    deploy(nginx_site_default_server=True, nginx_site_mounts=MOUNTS)
    yield
    host.check_output("ln -s %s %s", target, WELCOME)
    deploy(nginx_site_state="absent")


@pytest.mark.parametrize("path", ["/", "/api/x", "/favicon.ico"])
def test_unknown_name_gets_421(path):
    assert ask(path, host="unknown.example").status == 421


def test_welcome_page_can_be_enabled_again(host):
    assert not host.file(WELCOME).exists
    assert host.file("/etc/nginx/sites-available/default").exists


def test_request_without_host_uses_the_first_name():
    answer = send(b"GET /api/x HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"HTTP_HOST":"news.example"' in answer


@pytest.mark.parametrize("name", ["news.example", "one.example", "two.example"])
def test_server_name_is_answered(name):
    assert ask("/api/x", host=name).json["environ"]["HTTP_HOST"] == name


def test_other_site_is_answered():
    assert ask("/", host="theirs.example").text == "theirs\n"


def test_port_has_one_default_server(attempt, host):
    run = attempt(
        nginx_site_name="rival",
        nginx_site_server_names=["rival.example"],
        nginx_site_default_server=True,
        nginx_site_mounts=MOUNTS,
    )
    assert not run.succeeded
    assert "a duplicate default server for 0.0.0.0:80" in run.output
    assert host.check_output("find /etc/nginx /srv/nginx -name 'rival*'") == ""
    assert ask("/", host="rival.example").status == 421
    assert ask("/api/x", host="news.example").status == 200
