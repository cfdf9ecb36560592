"""What systemd mounts for an app that was taken over begins at what is root's (C1a)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from controller import deploy, play
from patience import eventually
from taken_over import SCENARIO, local

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
def test_shared_path_that_became_a_link(host, evil, media, mortal):
    """C1a: at the next start systemd would mount what the link leads to."""
    evil.tries(f"import os; os.rename('{media}', '{media}.away'); os.symlink('{OPEN}', '{media}')")
    evil.dies(host, mortal)
    evil.tries("open('media/taken', 'w').close()")
    assert not host.file(f"{OPEN}/taken").exists


def test_shared_path_below_another(host, evil, media, source):
    """Further attack: systemd makes the directories that it mounts on, as root."""
    evil.does("import os; os.symlink('/opt/canary/made', 'media/inner')")
    paths = ["media", "media/inner"]
    run = play(SCENARIO / "deploy.yml", **local(source()), wsgi_app_shared_paths=paths)
    try:
        assert (run.succeeded, host.file("/opt/canary/made").exists) == (False, False)
    finally:
        host.check_output(f"rm -rf /opt/canary/made {media}/inner")


def test_writable_path_that_the_app_can_rename(host, evil, run_as, source):
    """Further attack: systemd makes writable what a link leads to."""
    host.check_output("install --directory --owner=wsgi-evil /srv/uploads")
    run_as("wsgi-evil", f"ln -s {OPEN} /srv/uploads/new")
    play(SCENARIO / "deploy.yml", **local(source()), wsgi_app_writable_paths=["/srv/uploads/new"])
    evil.tries(f"open('{OPEN}/written', 'w').close()")
    assert not host.file(f"{OPEN}/written").exists


def test_writable_path_below_another(host, evil, run_as, source):
    """Further attack: the first makes the second one's name the app's."""
    host.check_output("install --directory --owner=wsgi-evil /srv/albums")
    run_as("wsgi-evil", f"ln -s {OPEN} /srv/albums/new")
    paths = ["/srv/albums", "/srv/albums/new"]
    play(SCENARIO / "deploy.yml", **local(source()), wsgi_app_writable_paths=paths)
    evil.tries(f"open('{OPEN}/below', 'w').close()")
    assert not host.file(f"{OPEN}/below").exists


def test_answers_afterwards(evil):
    assert eventually(evil.answers)
