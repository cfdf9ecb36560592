"""A default server refuses the names that nobody claims, in the welcome page's place."""

from __future__ import annotations

import pytest
from visitor import ask, send

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
def test_names_that_nobody_claims_are_refused(path):
    assert ask(path, host="nobody.example").status == 421


def test_the_welcome_page_can_be_enabled_again(host):
    assert not host.file(WELCOME).exists
    assert host.file("/etc/nginx/sites-available/default").exists


def test_a_request_that_names_no_host_is_for_the_first_name():
    answer = send(b"GET /api/x HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"HTTP_HOST":"news.example"' in answer


@pytest.mark.parametrize("name", ["news.example", "one.example", "two.example"])
def test_names_that_a_site_claims_are_answered(name):
    assert ask("/api/x", host=name).json["environ"]["HTTP_HOST"] == name


def test_a_neighbour_is_answered():
    assert ask("/", host="theirs.example").text == "theirs\n"


def test_there_is_one_default_server_for_a_port(attempt, host):
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
