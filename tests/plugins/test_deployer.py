"""Who deploys: the user of the controller, or of the forge that runs the job."""

from __future__ import annotations

import os
import platform

import pytest
from ansible.plugins.loader import lookup_loader


@pytest.fixture
def deployer(monkeypatch: pytest.MonkeyPatch):
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)

    def look_up() -> dict[str, str]:
        [found] = lookup_loader.get("subsite.deploy.deployer").run([])
        return found

    return look_up


def test_user_and_host_of_the_controller(deployer):
    assert deployer() == {"user": "root", "host": platform.node()}


@pytest.mark.parametrize("name", ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "SUDO_USER"])
def test_user_behind_the_process(deployer, monkeypatch, name: str):
    monkeypatch.setenv(name, "anna")
    assert deployer()["user"] == "anna"


def test_user_without_a_name(deployer, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4242424)
    assert deployer()["user"] == "UID 4242424"


def test_name_is_one_short_printable_line(deployer, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "\x1b[2J" + "a" * 100)
    user = deployer()["user"]
    assert "\x1b" not in user and len(user) <= 64
