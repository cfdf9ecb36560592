"""The next run rebuilds a damaged release, or reports that it cannot start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from client import ask
from controller import PROJECT, deploy, play
from patience import eventually

SITE = PROJECT / "playbooks/site.yml"


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
    """Make the release fail at each start, as without its database."""
    override = f"/run/systemd/system/wsgi-bin.{release}.service.d"
    host.check_output(f"mkdir -p {override}")
    host.check_output(f"printf '[Service]\\nExecStartPre=/bin/false\\n' > {override}/down.conf")
    host.check_output("systemctl daemon-reload && systemctl kill --signal=KILL wsgi-bin.service")
    yield
    host.check_output(f"rm -r {override} && systemctl daemon-reload")


@pytest.mark.usefixtures("damaged")
def test_damaged_release_is_rebuilt():
    deploy(SITE, "--limit=bin")
    assert ask("/bin/get").status == 200


@pytest.mark.usefixtures("stuck")
def test_release_that_cannot_start_is_reported():
    assert "systemd restarts it until it starts" in play(SITE, "--limit=bin").output


def test_release_serves_once_it_can_start():
    """The next start comes after a pause. Until then, clients get the page of the site."""
    assert eventually(lambda: ask("/bin/get").status != 503)
    assert ask("/bin/get").status == 200
