"""The host, its playbooks, and the releases that serve on it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import testinfra

SCENARIO = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
INVENTORY = os.environ["MOLECULE_INVENTORY_FILE"]


@pytest.fixture(scope="session")
def container() -> str:
    """Return the name of the host, which podman runs."""
    return f"subsite-apps-{os.environ.get('SUBSITE_SUITE', 'trixie')}"


@pytest.fixture(scope="session")
def host(container):
    """Return the host, asked through podman."""
    return testinfra.get_host(f"podman://{container}")


@pytest.fixture(scope="session")
def sources() -> Path:
    """Return where the apps' sources are on this machine."""
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "sources")


@pytest.fixture(scope="session")
def play() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs one of the scenario's playbooks, with other variables."""

    def run(playbook: str, *options: str, **variables) -> subprocess.CompletedProcess[str]:
        inputs = ["--inventory", INVENTORY, "--extra-vars", json.dumps(variables)]
        return subprocess.run(
            ["ansible-playbook", *inputs, *options, str(SCENARIO / playbook)],
            env=os.environ | {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(scope="session")
def deploy(play) -> Callable[..., str]:
    """Return a function that runs a playbook which has to succeed."""

    def run(playbook: str, *options: str, **variables) -> str:
        done = play(playbook, *options, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def traces(host) -> Callable[[str], list[str]]:
    """Return a function that finds the files, directories and loaded units of an app."""

    def find(app: str) -> list[str]:
        files = f"-name {app} -o -name '{app}.*' -o -name 'wsgi-{app}*'"
        return host.check_output(
            f"find /etc /run /srv /var \\( {files} \\) -prune -print | sort;"
            f"systemctl list-units --all --plain --no-legend 'wsgi-{app}*' | cut -d ' ' -f 1"
        ).split()

    return find


@pytest.fixture(scope="session")
def release(host) -> Callable[[str], str]:
    """Return a function that names the directory of the release of an app that serves."""

    def directory(app: str) -> str:
        unit = host.check_output("readlink /etc/systemd/system/wsgi-%s.service", app)
        return f"/srv/wsgi/{app}/releases/{unit.split('.')[1]}"

    return directory
