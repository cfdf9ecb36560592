"""Debian 11 has Python 3.9: both roles fail in words."""

from __future__ import annotations

import pytest
import testinfra
from controller import MOLECULE, PROJECT, play

SAYS = (
    "This host has Python 3.9.2 (/usr/bin/python3), but subsite.deploy needs Python 3.11 or later"
)
STATE = "dpkg-query --show; ls -A /etc /etc/systemd/system /srv /var/lib; cat /etc/passwd"


@pytest.fixture
def host():
    return testinfra.get_host(f"podman://{MOLECULE['platforms'][0]['name']}")


@pytest.mark.parametrize("limit", ["demo", "main"])
@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_host_is_refused_and_unchanged(host, limit: str, option: str):
    before = host.check_output(STATE)
    run = play(PROJECT / "playbooks/site.yml", f"--limit={limit}", option)
    assert not run.succeeded and SAYS in run.output
    assert "Traceback" not in run.output
    assert host.check_output(STATE) == before
