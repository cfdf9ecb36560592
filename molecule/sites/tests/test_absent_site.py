"""A site that is taken away leaves nothing behind and touches nothing else."""

from __future__ import annotations

import pytest
from client import ask


@pytest.fixture(scope="module", autouse=True)
def removed(deploy, host, tmp_path_factory):
    """A site that was there."""
    page = tmp_path_factory.mktemp("page")
    (page / "index.html").write_text("The news")
    deploy(nginx_site_mounts=[{"path": "/", "src": str(page)}])
    assert host.file("/srv/nginx/news").exists
    deploy(nginx_site_state="absent")


def test_files_are_removed(host):
    assert host.check_output("find /etc/nginx /srv/nginx -name 'news*'") == ""


def test_name_is_not_served():
    assert "Welcome to nginx!" in ask("/", host="news.example").text


@pytest.mark.parametrize(
    ("name", "path"),
    [("one.example", "/"), ("one.example", "/api/x"), ("two.example", "/api/x")],
)
def test_other_sites_stay(name, path):
    assert ask(path, host=name).status == 200


def test_second_run_changes_nothing(deploy):
    assert deploy(nginx_site_state="absent").changed == 0
