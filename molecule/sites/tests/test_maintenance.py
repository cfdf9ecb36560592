"""Maintenance is turned on and off while clients send requests, and only the site changes."""

from __future__ import annotations

from functools import partial

import pytest
from client import ask
from patience import eventually

PATHS = ["/", "/api/x"]
FILES = "find /etc/nginx /srv/nginx -type f -exec sha256sum {} + | sort"


@pytest.fixture(scope="module")
def site(deploy, tmp_path_factory):
    """The variables of a site with a page and an app."""
    top = tmp_path_factory.mktemp("maintenance")
    for directory, name, text in (
        ("page", "index.html", "The news"),
        ("errors", "maintenance.html", "Back at noon"),
    ):
        (top / directory).mkdir()
        (top / directory / name).write_text(text)
    settings = {
        "nginx_site_mounts": [
            {"path": "/", "src": str(top / "page")},
            {"path": "/api", "app": "mirror"},
        ],
        "nginx_site_error_pages": {"src": str(top / "errors")},
    }
    deploy(**settings)
    yield settings
    deploy(nginx_site_state="absent")


@pytest.fixture(scope="module")
def switch(maintain, site):
    """A function that runs the short playbook for this site."""
    return partial(maintain, **site)


def all_have(status: int) -> bool:
    return {ask(path, host="news.example").status for path in PATHS} == {status}


def test_only_503_comes_in_between(watch_during, switch, host):
    deployed = host.check_output(FILES)
    on = watch_during(partial(switch, nginx_site_maintenance=True))
    assert set(on.results) == {"status 200", "status 503"}
    assert eventually(partial(all_have, 503))
    assert ask("/api/x", "POST", host="news.example", body="x").text == "Back at noon"
    off = watch_during(switch)
    assert set(off.results) == {"status 200", "status 503"}
    assert eventually(partial(all_have, 200))
    assert host.check_output(FILES) == deployed


def test_whole_run_changes_nothing_more(switch, deploy, site):
    switch(nginx_site_maintenance=True)
    assert deploy(nginx_site_maintenance=True, **site).changed == 0
    assert deploy(**site).changed == 1
    assert eventually(partial(all_have, 200))


def test_other_sites_and_apps_stay(switch, host):
    started = host.check_output("systemctl show --property ActiveEnterTimestamp 'wsgi-mirror*'")
    switch(nginx_site_maintenance=True)
    assert ask("/api/x").status == 200
    assert eventually(partial(all_have, 503))
    switch()
    after = host.check_output("systemctl show --property ActiveEnterTimestamp 'wsgi-mirror*'")
    assert after == started
