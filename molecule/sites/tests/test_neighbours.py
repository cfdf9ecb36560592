"""What other people have configured stays theirs."""

from __future__ import annotations

import pytest
from visitor import ask


def test_every_file_that_was_there_is_as_it_was(host):
    compared = host.run("tar --compare --file /root/nginx-before.tar --directory /")
    assert (compared.rc, compared.stdout) == (0, "")


def test_their_site_answers_for_its_name():
    assert ask("/", host="theirs.example").text == "theirs\n"


def test_the_welcome_page_keeps_the_names_that_nobody_claims():
    assert "Welcome to nginx!" in ask("/", host="nobody.example").text


def test_a_port_that_is_ours_alone_refuses_the_names_that_nobody_claims():
    assert ask("/api/x", host="nobody.example", port=8080).status == 421


@pytest.mark.parametrize(
    ("name", "status"),
    [
        pytest.param("one.example", 200, id="the site with a page"),
        pytest.param("www.one.example", 200, id="a name that its wildcard covers"),
        pytest.param("two.example", 404, id="the site without a page"),
    ],
)
def test_each_site_answers_for_its_own_names(name, status):
    assert ask("/", host=name).status == status
