"""The playbooks that write all apps and sites as a whole refuse to do so with a part of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "inventories/single_host"
HOSTS = {
    "app": {"hosts": {"app1": {"wsgi_app_name": "shop"}, "app2": {"wsgi_app_name": "shop"}}},
    "web": {
        "hosts": {
            "web1": {"nginx_site_name": "main"},
            "web2": {"nginx_site_name": "main", "nginx_site_state": "absent"},
        }
    },
}


@pytest.fixture(params=["compose", "manifests", "stack"])
def error(request, run, tmp_path: Path):
    """Return a function that runs each playbook, which writes nothing, and returns its output."""

    def error(*options: str | Path) -> str:
        name, directory = request.param, tmp_path / "site"
        variables = f"{name}_directory={directory} {name}_registry=registry.example.org"
        done = run("ansible-playbook", *options, "-e", variables, ROOT / f"playbooks/{name}.yml")
        assert done.returncode == 2
        assert not directory.exists()
        return done.stdout

    return error


def test_limit_is_refused(error):
    said = error("-i", INVENTORY, "--limit=localhost,demo")
    assert "--limit is 'localhost,demo', but all apps and sites are written as a whole" in said


def test_inventory_without_apps_and_sites_is_refused(error):
    """It would remove all that is there."""
    said = error("-i", "localhost,", "-c", "local")
    assert "The inventory has no host in the groups app and web" in said


def test_app_of_several_hosts_is_refused(error, tmp_path: Path):
    """Each host would write the files of the others."""
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
    said = error("-i", tmp_path / "hosts.yml")
    assert (
        "Several hosts of the inventory have shop, but here each app and each site has one" in said
    )


def test_host_that_the_inventory_chooses_is_refused(error, tmp_path: Path):
    """Ansible reads it after it has chosen the hosts of a play."""
    hosts = {
        "all": {"vars": {f"{name}_host": "web1" for name in ("compose", "manifests", "stack")}}
    }
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(hosts | HOSTS))
    said = error("-i", tmp_path / "hosts.yml")
    assert "_host is a variable of the inventory: write it on the command line, as in -e " in said
