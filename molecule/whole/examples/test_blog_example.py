"""The example with Django in the README works, copied word by word."""

from __future__ import annotations

import re

import pytest
from answer import Answer
from client import ask
from example import Example

HOST = "blog.example.org"


@pytest.fixture(scope="module")
def output(tmp_path_factory, host) -> str:
    # An earlier run of the tests may have left a database with the user.
    host.run("runuser -u postgres -- dropdb --if-exists --force blog")
    return Example("Example: Django", tmp_path_factory.mktemp("blog")).follow()


def ask_blog(path: str, method: str = "GET", **how) -> Answer:
    return ask(path, method, host=HOST, **how)


def test_admin_has_its_style(output):
    page = ask_blog("/blog/admin/login/")
    assert page.status == 200
    [style] = re.findall(r'href="(/blog/static/admin/css/base[^"]*\.css)"', page.text)
    answer = ask_blog(style)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")


def test_user_of_a_pipe_can_log_in(output, host):
    read = "read -r DJANGO_SUPERUSER_PASSWORD; export DJANGO_SUPERUSER_PASSWORD"
    create = "python manage.py createsuperuser --noinput --username me --email me@example.org"
    host.check_output(f"echo 'open sesame' | wsgi-run blog sh -c '{read}; {create}'")
    page = ask_blog("/blog/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    answer = ask_blog(
        "/blog/admin/login/?next=/blog/admin/",
        "POST",
        body=f"csrfmiddlewaretoken={token}&username=me&password=open+sesame",
        headers={
            "Cookie": cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://{HOST}",
        },
    )
    assert (answer.status, answer.headers["Location"]) == (302, "/blog/admin/")
    assert all("Path=/blog" in value for value in answer.headers.get_all("Set-Cookie"))


def test_command_of_the_night(output, host):
    host.check_output("systemctl start wsgi-blog_schedule_sessions")
    assert "wsgi-blog_schedule_sessions.timer  next" in host.check_output("wsgi-run blog")
