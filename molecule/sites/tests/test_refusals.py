"""What cannot work, or is somebody else's, is refused in words before anything changes."""

from __future__ import annotations

from functools import partial

import pytest
from controller import SCENARIO, play
from visitor import ask

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
        """Return what is said of what has to be refused, and has to change nothing."""
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
        ("site.yml", {"nginx_site_listen": [0]}, "nginx_site_listen has 0: write a port"),
        ("site.yml", {"nginx_site_limits": {"rate": 10}}, "nginx_site_limits.rate is 10: write"),
        (
            "site.yml",
            {"nginx_site_https_redirect": True},
            "nginx_site_https_redirect is true, but nothing speaks https for this site",
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
    assert "wsgi_app_listen is '127.0.0.1:8080', but somebody answers there already" in said


@pytest.fixture
def person(host):
    """Somebody whose name an app's user would have."""
    host.check_output("useradd --create-home wsgi-rival")
    yield
    host.check_output("userdel --remove wsgi-rival")


def test_user_who_is_somebody_else(person, refused):
    assert "has a user wsgi-rival already, who lives in /home/wsgi-rival" in refused(
        "app.yml", **APP
    )


@pytest.mark.parametrize("state", ["present", "absent"])
def test_site_of_somebody_else(refused, state: str):
    said = refused("site.yml", **{**SITE, "nginx_site_name": "theirs"}, nginx_site_state=state)
    assert "/etc/nginx/sites-available/theirs.conf is somebody else's" in said
