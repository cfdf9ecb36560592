"""The existing configuration of nginx stays unchanged."""

from __future__ import annotations

import pytest
from client import ask


def test_existing_files_are_unchanged(host):
    compared = host.run("tar --compare --file /root/nginx-before.tar --directory /")
    assert (compared.rc, compared.stdout) == (0, "")


def test_existing_site_answers():
    assert ask("/", host="theirs.example").text == "theirs\n"


def test_welcome_page_keeps_unknown_names():
    assert "Welcome to nginx!" in ask("/", host="unknown.example").text


def test_new_port_rejects_unknown_names():
    assert ask("/api/x", host="unknown.example", port=8080).status == 421


@pytest.mark.parametrize(
    ("name", "status"),
    [
        pytest.param("one.example", 200, id="the site with a page"),
        pytest.param("www.one.example", 200, id="a name that its wildcard covers"),
        pytest.param("two.example", 404, id="the site without a page"),
    ],
)
def test_site_answers_for_its_names(name, status):
    assert ask("/", host=name).status == status
