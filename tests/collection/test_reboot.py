"""reboot.yml refuses, before anything changes, what nginx could not drain."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def reboot(run) -> Callable[..., CompletedProcess[str]]:
    """Return a function that runs reboot.yml with options."""
    inventory = ("-i", ROOT / "inventories/multi_host")
    return partial(run, "ansible-playbook", *inventory, ROOT / "playbooks/reboot.yml")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        pytest.param(
            "--extra-vars=reboot=app3",
            "reboot has 'app3', but the hosts of the apps are app1, app2.",
            id="no such host",
        ),
        pytest.param(
            "--limit=app1",
            "--limit is 'app1', but all hosts of nginx have to drain a host that reboots: write "
            "-e reboot=HOST instead.",
            id="app alone",
        ),
        pytest.param("--limit=web1", "--limit is 'web1', but all hosts of nginx", id="one nginx"),
        pytest.param(
            '--extra-vars={"nginx_site_mounts": [{"path": "/", "upstreams": ["10.0.0.99:8000"]}]}',
            "app1 has wsgi_app_listen '10.0.0.11:8000', but no site has this upstream",
            id="no upstream",
        ),
        pytest.param(
            '--extra-vars={"nginx_site_mounts": [{"path": "/", "app": "demo"}]}',
            "app1 has wsgi_app_listen '10.0.0.11:8000', but no site has this upstream",
            id="app of the same host",
        ),
        pytest.param(
            "--extra-vars=ansible_host=10.0.0.1",
            "app1 is on the same machine as app2, web1, web2, which nothing drains",
            id="one machine",
        ),
        pytest.param(
            "--extra-vars=wsgi_app_relase=4d1c",
            "wsgi_app_relase is no variable of the role",
            id="misspelt variable",
        ),
        pytest.param(
            '--extra-vars={"nginx_site_drained": ["10.0.0.12:8000"]}',
            "-e nginx_site_drained would replace the host that reboots.",
            id="more that is drained",
        ),
    ],
)
def test_refused(reboot, option: str, said: str):
    done = reboot(option)
    assert done.returncode == 2
    assert said in done.stdout
    assert "Reboot the hosts" not in done.stdout


def test_other_app_of_a_machine_is_found(reboot, tmp_path: Path):
    """The name of a host is its address if it has no other one."""
    inventory = tmp_path / "hosts"
    inventory.write_text(
        "[app]\napp1\napp2\nserver.example.org\nshop ansible_host=server.example.org\n"
    )
    for name, neighbour in (("shop", "server.example.org"), ("server.example.org", "shop")):
        done = reboot(f"--inventory={inventory}", f"--extra-vars=reboot={name}")
        assert f"{name} is on the same machine as {neighbour}, which nothing" in done.stdout


def test_app_that_leaves_is_not_rebooted(reboot, tmp_path: Path):
    inventory = tmp_path / "hosts"
    inventory.write_text("[app]\napp2 wsgi_app_state=absent\n")
    done = reboot(f"--inventory={inventory}", "--extra-vars=ansible_ssh_executable=/bin/false")
    assert re.findall(r"reboot_host.yml for .* => \(item=(.*)\)", done.stdout) == ["app1"]


def test_upstreams_of_the_inventory_are_found(reboot):
    """They come from variables of other hosts. The first task on a host ends this run."""
    done = reboot("--extra-vars=ansible_ssh_executable=/bin/false")
    assert done.returncode == 2
    assert "Let nginx send it no more requests" in done.stdout


def test_failed_drain_says_how_to_end_it(reboot):
    """Another host of nginx may have drained the app already."""
    done = reboot("--extra-vars=ansible_ssh_executable=/bin/false")
    assert "A host of nginx may still drain app1, because" in done.stdout
    assert "When app1 is well, playbooks/drain.yml lets nginx" in done.stdout
