"""A site that nginx cannot serve fails the play, and all goes on as before."""

from __future__ import annotations

import pytest
from client import ask

FILES = "find /etc/nginx /srv/nginx -type f -exec sha256sum {} + | sort"
LINKS = "find /etc/nginx -type l -printf '%p %l\\n' | sort"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A directory to publish."""
    directory = tmp_path_factory.mktemp("page")
    (directory / "index.html").write_text("The news")
    return directory


@pytest.fixture(scope="module", autouse=True)
def news(deploy, page):
    """A site that is served."""
    deploy(nginx_site_mounts=[{"path": "/", "src": str(page)}])
    yield
    deploy(nginx_site_state="absent")


@pytest.fixture
def configured(host):
    """A function that tells all that is configured and published."""
    return lambda: host.check_output(f"{FILES}; {LINKS}")


@pytest.fixture
def mistake(host):
    """A foreign configuration file that nginx cannot parse."""
    host.check_output("echo 'lisen 80;' >/etc/nginx/conf.d/mistake.conf")
    yield 'unknown directive "lisen" in /etc/nginx/conf.d/mistake.conf:1'
    host.check_output("rm /etc/nginx/conf.d/mistake.conf")


@pytest.fixture
def taken_port(host):
    """A port that another program listens on, which nginx notices only when it reloads."""
    host.check_output("systemd-run --unit other --socket-property ListenStream=8081 true")
    yield "bind() to 0.0.0.0:8081 failed (98: Address already in use)"
    host.check_output("systemctl stop other.socket")


@pytest.mark.parametrize("hindrance", ["mistake", "taken_port"])
def test_invalid_configuration_is_reported_and_undone(
    attempt, configured, hindrance, page, request
):
    words = request.getfixturevalue(hindrance)
    before = configured()
    mounts = [{"path": "/paper", "src": str(page)}]
    run = attempt(nginx_site_listen=[80, 8081], nginx_site_mounts=mounts)
    assert (run.succeeded, words in run.output) == (False, True)
    assert configured() == before
    assert ask("/", host="news.example").text == "The news"


def test_name_of_another_site_is_an_input_error(attempt, configured):
    before = configured()
    run = attempt(nginx_site_server_names=["news.example", "theirs.example"])
    assert 'conflicting server name "theirs.example"' in run.output
    assert configured() == before
