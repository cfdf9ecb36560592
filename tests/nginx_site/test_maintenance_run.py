"""Maintenance is turned on and off by a short run that changes only the configuration."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from patience import eventually
from serving import Nginx, free_ports, running

HOST = "main"


@pytest.fixture
def site(nginx, nginx_site, server_at):
    """A deployed site with a published page, and what a run needs to find it in this directory."""
    [port] = free_ports(1)
    source = nginx.top / "source"
    source.mkdir()
    (source / "index.html").write_text("not yet published")
    current = nginx.top / "srv/main/published/+@a1"
    current.mkdir(parents=True)
    (current / "index.html").write_text("the page")
    (nginx.top / "enabled").mkdir()
    inputs = {
        "nginx_site_name": HOST,
        "nginx_site_server_names": ["example.org"],
        "nginx_site_listen": [f"127.0.0.1:{port}"],
        "nginx_site_mounts": [{"path": "/", "src": str(source)}],
    }
    published = {"item": {"path": "/", "immutable": []}, "dest": str(current), "others": []}
    nginx.add(nginx_site, {**inputs, "__nginx_site_published": {"results": [published]}})
    with running(nginx):
        yield Site(nginx, inputs, server_at(port, nginx.top))


class Site:
    """A site in a directory, and runs of the playbook for it."""

    def __init__(self, nginx: Nginx, inputs: dict, server) -> None:
        self.nginx, self.inputs, self.server = nginx, inputs, server
        self.top = nginx.top

    @property
    def configuration(self) -> str:
        return (self.top / "sites/main.conf").read_text()

    def status(self) -> int:
        return self.server.get("/").status

    def play(self, run, root: Path, *options: str, **variables: object):
        """Run the playbook, and return what it did."""
        command = ["nginx", "-e", "stderr", "-c", f"{self.top}/nginx.conf"]
        places = {
            "__nginx_site_content_dir": f"{self.top}/srv/main",
            "__nginx_site_config_path": f"{self.top}/sites/main.conf",
            "__nginx_site_enabled_link": f"{self.top}/enabled/main.conf",
            "__nginx_site_shared_paths": [f"{self.top}/conf.d/hash-sizes.conf"],
            "__nginx_site_check_command": [*command, "-t", "-q"],
            "__nginx_site_reload_command": [*command, "-s", "reload"],
            "ansible_become": False,
            "ansible_connection": "local",
        }
        hosts = {"web": {"hosts": {HOST: self.inputs}}}
        (self.top / "hosts.yml").write_text(json.dumps(hosts))
        return run(
            *("ansible-playbook", "-i", self.top / "hosts.yml", *options),
            f"--extra-vars={json.dumps({**places, **variables})}",
            root / "playbooks/maintenance.yml",
        )


@pytest.fixture
def play(site, run, root):
    """A function that runs the playbook for the site."""
    return lambda *options, **variables: site.play(run, root, *options, **variables)


def assert_succeeds(done: subprocess.CompletedProcess, changed: int) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"changed={changed} " in done.stdout, done.stdout


def test_on_and_off(site, play):
    deployed = site.configuration
    with ThreadPoolExecutor() as pool:
        turned_on = pool.submit(play, nginx_site_maintenance=True)
        statuses = set()
        while not turned_on.done():
            statuses.add(site.status())
        assert_succeeds(turned_on.result(), changed=1)
        assert eventually(lambda: site.status() == 503, 10)
        assert site.configuration != deployed
        assert_succeeds(play(nginx_site_maintenance=True), changed=0)
        turned_off = pool.submit(play)
        while not turned_off.done():
            statuses.add(site.status())
        assert_succeeds(turned_off.result(), changed=1)
    assert eventually(lambda: site.status() == 200, 10)
    assert statuses <= {200, 503}
    assert site.configuration == deployed


def test_configuration_is_that_of_a_whole_run(site, play, nginx_site):
    assert_succeeds(play(nginx_site_maintenance=True), changed=1)
    written = site.configuration
    published = {
        "item": {"path": "/", "immutable": []},
        "dest": f"{site.top}/srv/main/published/+@a1",
        "others": [],
    }
    given = {"nginx_site_maintenance": True, "__nginx_site_published": {"results": [published]}}
    site.nginx.add(nginx_site, {**site.inputs, **given})
    assert site.configuration == written


def test_nothing_is_published(site, play):
    assert_succeeds(play(nginx_site_maintenance={"allow": ["127.0.0.1"]}), changed=1)
    published = [path.name for path in (site.top / "srv/main/published").iterdir()]
    assert (published, site.server.get("/").text) == (["+@a1"], "the page")


def test_check_mode_changes_nothing(site, play):
    before = site.configuration
    assert_succeeds(play("--check", nginx_site_maintenance=True), changed=1)
    assert site.configuration == before


class TestInputError:
    def test_of_the_variable(self, site, play):
        before = site.configuration
        done = play(nginx_site_maintenance={"retry_after": 0})
        assert "nginx_site_maintenance.retry_after is 0: write 1 second" in done.stdout
        assert (done.returncode, site.configuration) == (2, before)

    def test_without_a_site(self, site, play):
        (site.top / "sites/main.conf").unlink()
        done = play(nginx_site_maintenance=True)
        assert f"The host does not have {site.top}/sites/main.conf. Run" in done.stdout
        assert done.returncode == 2
        assert not (site.top / "sites/main.conf").exists()

    def test_without_a_publication(self, site, play):
        (site.top / "srv/main/published/+@a1").rename(site.top / "elsewhere")
        done = play(nginx_site_maintenance=True)
        assert f"The host does not have {site.top}/source. Run playbooks/site.yml" in done.stdout
        assert done.returncode == 2

    def test_with_other_error_pages(self, site, play, tmp_path):
        earlier = site.top / "srv/main/published/+.errors@a1"
        earlier.mkdir()
        pages = tmp_path / "pages"
        pages.mkdir()
        (pages / "maintenance.html").write_text("later")
        done = play(nginx_site_maintenance=True, nginx_site_error_pages={"src": str(pages)})
        assert f"The host does not have {pages}. Run playbooks/site.yml first." in done.stdout
        assert done.returncode == 2
