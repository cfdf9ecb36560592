"""The mounts of an attacking app begin below directories of root (C1a)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from controller import deploy, play
from patience import eventually
from taken_over import SCENARIO, local, reason

OPEN = "/opt/canary_open"
"""A directory that everybody may write, but that is none of the app's."""


@pytest.fixture(scope="module", autouse=True)
def afterwards(source) -> Iterator[None]:
    yield
    deploy(SCENARIO / "deploy.yml", **local(source()))


@pytest.fixture
def media(host) -> Iterator[str]:
    """Return where the host has the shared directory, and put it back afterwards."""
    paths = host.check_output("systemctl show --value --property=BindPaths wsgi-evil.service")
    path = paths.split(":")[0]
    yield path
    host.check_output(
        f"if [ -e {path}.away ]; then rm -rf {path}; mv {path}.away {path}; fi;"
        "systemctl restart wsgi-evil.service"
    )


@pytest.mark.parametrize("mortal", ["worker", "arbiter"])
def test_shared_path_replaced_by_a_link(host, evil, media, mortal):
    """C1a: at the next start, systemd would mount the target of the link."""
    evil.tries(f"import os; os.rename('{media}', '{media}.away'); os.symlink('{OPEN}', '{media}')")
    evil.dies(host, mortal)
    evil.tries("open('media/taken', 'w').close()")
    assert not host.file(f"{OPEN}/taken").exists


def test_shared_path_below_another(host, evil, media, source):
    """Further attack: systemd creates mount points as root."""
    evil.does("import os; os.symlink('/opt/canary/made', 'media/inner')")
    paths = ["media", "media/inner"]
    run = play(SCENARIO / "deploy.yml", **local(source()), wsgi_app_shared_paths=paths)
    try:
        assert (run.succeeded, host.file("/opt/canary/made").exists) == (False, False)
    finally:
        host.check_output(f"rm -rf /opt/canary/made {media}/inner")


def test_renamed_writable_path(host, run_as, source):
    """Further attack: systemd makes the target of a link writable."""
    host.check_output("install --directory --owner=wsgi-evil /srv/uploads")
    run_as("wsgi-evil", f"ln -s {OPEN} /srv/uploads/new")
    paths = ["/srv/uploads/new"]
    run = play(SCENARIO / "deploy.yml", **local(source()), wsgi_app_writable_paths=paths)
    host.check_output("rm -r /srv/uploads")
    assert not run.succeeded
    assert "users other than root can change /srv/uploads:" in reason(run)


def test_app_still_answers(evil):
    assert eventually(evil.answers)
