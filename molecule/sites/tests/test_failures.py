"""An app that fails is excused by the site, in words that give nothing away."""

from __future__ import annotations

import pytest
from visitor import ask

INSIDE = ["mirror", "gunicorn", "nginx/", "upstream", "/run/", "/srv/", "/var/", "127.0.0.1", "::1"]


@pytest.fixture(scope="module", autouse=True)
def stopped(host):
    """The app mirror, which no request can wake."""
    host.check_output("systemctl stop wsgi-mirror.socket 'wsgi-mirror.*.service'")
    yield
    # This waits until the app has started, which later tests would see otherwise.
    host.check_output("systemctl start wsgi-mirror.socket && systemctl start wsgi-mirror.service")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_an_app_that_is_down(method):
    answer = ask("/api/x", method, body="a=1" if method in ("POST", "PUT") else None)
    assert (answer.status, "Not available right now" in answer.text) == (502, True)


def test_the_headers_of_an_app_that_is_down():
    answer = ask("/api/x", "HEAD")
    assert (answer.status, answer.text) == (502, "")


def test_the_visitor_learns_nothing_of_the_inside():
    answer = ask("/api/x")
    said = f"{answer.headers}{answer.text}"
    assert [word for word in INSIDE if word in said] == []


def test_what_else_the_site_serves_goes_on():
    assert ask("/").status == 200
    assert ask("/narrow/x").status == 200
    assert ask("/api/static/badge.svg").status == 200
