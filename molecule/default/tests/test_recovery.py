"""A release that was damaged on the host is not taken for a healthy one."""

import os
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])


def deploy() -> subprocess.CompletedProcess:
    return subprocess.run(
        ["ansible-playbook", "playbooks/site.yml", "--limit=bin"]
        + [
            f"--inventory={name}"
            for name in ("inventories/single_host", "molecule/shared/inventory")
        ],
        cwd=PROJECT,
        env=os.environ | {"ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def first_run(host) -> subprocess.CompletedProcess:
    """Take the environment of the release away while it runs, then deploy the same again."""
    release = host.check_output("readlink /etc/systemd/system/wsgi-bin.service").split(".")[1]
    host.check_output(f"rm /srv/wsgi/bin/releases/{release}/venv")
    host.check_output("systemctl kill --signal=KILL wsgi-bin.service")
    return deploy()


@pytest.fixture(scope="module")
def second_run(first_run) -> subprocess.CompletedProcess:
    return deploy()


def test_damage_is_reported(first_run):
    assert "No other release of it serves." in first_run.stdout + first_run.stderr


def test_next_run_converges(second_run):
    assert second_run.returncode == 0


@pytest.mark.usefixtures("second_run")
def test_site_answers_again(ask):
    assert ask("/bin/get").status == 200
