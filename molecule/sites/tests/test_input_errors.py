"""Input errors and foreign files are reported before anything changes."""

from __future__ import annotations

from functools import partial

import pytest
from client import ask
from controller import SCENARIO, play

APP = {
    "wsgi_app_name": "rival",
    "wsgi_app_source": {"type": "local", "path": str(SCENARIO / "files/mirror")},
    "wsgi_app_callable": "mirror:app",
}
SITE = {"nginx_site_name": "rival", "nginx_site_server_names": ["rival.example"]}
ALL = "/etc /run/subsite /run/systemd/system /run/wsgi /srv /var/cache/wsgi /var/lib/wsgi"


@pytest.fixture
def everything(host):
    """A function that lists what a deploy could change; a restart changes an InvocationID."""
    files = f"find {ALL} -printf '%p %y %m %u %g %T@ %l\\n' | sort"
    units = "systemctl show --all --property=Id,ActiveState,InvocationID 'wsgi*' 'nginx*'"
    return partial(host.check_output, f"{files} && {units}")


@pytest.fixture
def refused(everything):
    def refused(playbook: str, **variables) -> str:
        """Return the message of a run that has to fail without a change."""
        before = everything()
        run = play(playbook, **variables)
        assert (run.succeeded, run.changed) == (False, 0)
        assert everything() == before
        return run.output

    return refused


@pytest.mark.parametrize(
    ("playbook", "variables", "said"),
    [
        ("app.yml", {"wsgi_app_prefix": "/api/"}, "wsgi_app_prefix is '/api/': write '/api'."),
        ("app.yml", {"wsgi_app_worker": 2}, "do you mean wsgi_app_workers?"),
        ("app.yml", {"wsgi_app_workers": "two"}, "'wsgi_app_workers' is of type"),
        ("site.yml", {"nginx_site_listen": [0]}, "nginx_site_listen has '0': write a port"),
        ("site.yml", {"nginx_site_limits": {"rate": 10}}, "nginx_site_limits.rate is '10': write"),
        (
            "site.yml",
            {"nginx_site_https_redirect": True},
            "nginx_site_https_redirect is true, but the site has no https",
        ),
    ],
)
def test_bad_value(refused, playbook: str, variables: dict, said: str):
    assert said in refused(playbook, **{**APP, **SITE, **variables})


def test_address_of_another_app(refused):
    said = refused("app.yml", **APP, wsgi_app_listen="/run/wsgi/mirror.sock")
    assert "but wsgi-mirror.socket has that address already" in said
    assert ask("/api/x").status == 200


def test_port_of_another_server(refused):
    said = refused("app.yml", **APP, wsgi_app_listen="127.0.0.1:8080")
    assert "wsgi_app_listen is '127.0.0.1:8080', but another process listens there already" in said


@pytest.fixture
def person(host):
    """A user account with the name of an app's user."""
    host.check_output("useradd --create-home wsgi-rival")
    yield
    host.check_output("userdel --remove wsgi-rival")


def test_user_of_another_person(person, refused):
    assert "has a user wsgi-rival already, whose home is /home/wsgi-rival" in refused(
        "app.yml", **APP
    )


@pytest.mark.parametrize("state", ["present", "absent"])
def test_foreign_site_file(refused, state: str):
    said = refused("site.yml", **{**SITE, "nginx_site_name": "theirs"}, nginx_site_state=state)
    path = "/etc/nginx/sites-available/theirs.conf"
    assert f"{path} exists and was not written by this role" in said
