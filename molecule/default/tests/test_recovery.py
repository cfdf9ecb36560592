"""A release that does not run any more is mended where that can be done, and reported where not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])


@pytest.fixture
def release(host) -> str:
    return host.check_output("readlink /etc/systemd/system/wsgi-bin.service").split(".")[1]


@pytest.fixture
def damaged(host, release) -> None:
    """Take the environment of the release away, and the processes that still have it."""
    host.check_output(f"rm /srv/wsgi/bin/releases/{release}/venv")
    host.check_output("systemctl kill --signal=KILL wsgi-bin.service")


@pytest.fixture
def stuck(host, release) -> Iterator[None]:
    """Make the release fail at each start, as one does whose database is down."""
    override = f"/run/systemd/system/wsgi-bin.{release}.service.d"
    host.check_output(f"mkdir -p {override}")
    host.check_output(f"printf '[Service]\\nExecStartPre=/bin/false\\n' > {override}/down.conf")
    host.check_output("systemctl daemon-reload && systemctl kill --signal=KILL wsgi-bin.service")
    yield
    host.check_output(f"rm -r {override} && systemctl daemon-reload")


def deploy() -> subprocess.CompletedProcess:
    inventories = ("inventories/single_host", "molecule/shared/inventory")
    return subprocess.run(
        ["ansible-playbook", "playbooks/site.yml", "--limit=bin"]
        + [f"--inventory={inventory}" for inventory in inventories],
        cwd=PROJECT,
        env=os.environ | {"ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")},
        capture_output=True,
        text=True,
    )


@pytest.mark.usefixtures("damaged")
def test_damaged_release_is_built_again(ask):
    done = deploy()
    assert (done.returncode, ask("/bin/get").status) == (0, 200)


@pytest.mark.usefixtures("stuck")
def test_release_that_cannot_start_is_reported():
    assert "systemd goes on trying" in deploy().stdout


def test_release_that_could_not_start_serves_when_it_can(ask):
    assert ask("/bin/get").status == 200
