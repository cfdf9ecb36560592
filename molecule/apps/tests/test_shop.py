"""A Django project: its forms, sessions and static files."""

import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from answer import Answer
from client import ask

LOGIN = "/shop/admin/login/?next=/shop/admin/"


def log_in(site: str, origin: str) -> Answer:
    token = SimpleCookie(ask(LOGIN, host=site).headers["Set-Cookie"])["csrftoken"].value
    fields = {
        "csrfmiddlewaretoken": token,
        "username": "keeper",
        "password": "what-the-keeper-alone-knows",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={token}",
        "Origin": origin,
    }
    return ask(LOGIN, "POST", host=site, body=urlencode(fields), headers=headers)


@pytest.fixture(scope="module")
def stylesheets() -> list[str]:
    page = ask(LOGIN, host="shop.example.test").text
    return re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)


@pytest.mark.parametrize(
    "site",
    [
        pytest.param("shop.example.test", id="at port 80"),
        pytest.param("shop.example.test:18001", id="at a mapped port"),
    ],
)
class TestLogin:
    def test_login(self, site):
        answer = log_in(site, origin=f"http://{site}")
        assert (answer.status, answer.location) == (302, "/shop/admin/")

    def test_session_is_kept(self, site):
        cookies = log_in(site, origin=f"http://{site}").headers.get_all("Set-Cookie")
        session = next(cookie for cookie in cookies if cookie.startswith("sessionid="))
        answer = ask("/shop/admin/", host=site, headers={"Cookie": session})
        assert "Site administration" in answer.text

    def test_form_of_another_origin_is_rejected(self, site):
        assert log_in(site, origin="http://shop.example.test:9999").status == 403


def test_static_urls_have_the_prefix(stylesheets):
    assert "/shop/static/admin/css/base.css" in stylesheets


def test_nginx_serves_static_files(stylesheets):
    answers = [ask(path, host="shop.example.test") for path in stylesheets]
    assert {(a.status, a.headers.get_content_type()) for a in answers} == {(200, "text/css")}


def test_unknown_host_is_rejected():
    assert ask(LOGIN, host="localhost").status == 400
