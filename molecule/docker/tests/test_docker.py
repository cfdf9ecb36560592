"""Options of containers, restarts of docker, and stopped releases."""

from __future__ import annotations

import json

import pytest
from client import ask

UNIT = "wsgi-news.service"
MAIN_PROCESS = f"systemctl show --value --property=MainPID {UNIT}"
CONTAINERS = "docker ps --all --quiet --filter name=wsgi-news"


@pytest.fixture
def described(host) -> dict:
    """Return how docker describes the only container of the app."""
    [container] = host.check_output(CONTAINERS).split()
    [description] = json.loads(host.check_output("docker inspect %s", container))
    return description


def test_container_options_are_safe(host, described):
    user = host.user("wsgi-news")
    settings = described["HostConfig"]
    assert described["Config"]["User"] == f"{user.uid}:{user.gid}"
    assert ([name.upper() for name in settings["CapDrop"]], settings["CapAdd"]) == (["ALL"], None)
    assert settings["SecurityOpt"] == ["no-new-privileges"]
    assert (settings["ReadonlyRootfs"], settings["Privileged"]) == (True, False)
    assert (settings["NetworkMode"], settings["PortBindings"]) == ("none", {})


def test_only_data_is_writable(described):
    written = {mount["Source"] for mount in described["Mounts"] if mount["RW"]}
    assert written == {"/var/lib/wsgi/news/data", "/var/lib/wsgi/news/public"}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param("systemctl restart docker.service", id="docker is restarted"),
        pytest.param("systemctl kill --signal=KILL docker.service", id="docker is killed"),
        pytest.param(f"systemctl kill --signal=KILL --kill-whom=main {UNIT}", id="it is killed"),
        pytest.param(f"docker rm --force $({CONTAINERS})", id="its container is removed"),
    ],
)
def test_release_restarts_in_one_container_after(host, event):
    answer, before = ask("/news/").text, host.check_output(MAIN_PROCESS)
    host.check_output(event)
    again = f"systemctl is-active --quiet {UNIT} && [ $({MAIN_PROCESS}) != {before} ]"
    host.check_output(f"timeout 60 sh -c 'until {again}; do sleep 0.1; done'")
    assert ask("/news/").text == answer
    assert len(host.check_output(CONTAINERS).split()) == 1


def test_stopped_release_leaves_nothing_and_restarts(host):
    answer = ask("/news/").text
    host.check_output("systemctl stop %s", UNIT)
    assert host.check_output(CONTAINERS) == ""
    assert host.check_output("find /run -maxdepth 1 -name 'wsgi-news.*'") == ""
    slices = "systemctl list-units --plain --no-legend --state=active wsgi_news.*.slice"
    host.check_output(f"timeout 60 sh -c 'until [ -z \"$({slices})\" ]; do sleep 0.1; done'")
    assert ask("/news/").text == answer
