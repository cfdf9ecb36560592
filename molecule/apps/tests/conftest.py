"""The apps on the host: their releases, and their files."""

from __future__ import annotations

from collections.abc import Callable

import pytest


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
