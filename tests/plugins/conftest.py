"""Programs in the way of real ones, and an app on a host."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import layout, units
from ansible_collections.subsite.deploy.plugins.modules import wsgi_app_info


@pytest.fixture(autouse=True)
def environ() -> Iterator[None]:
    """Take back what a build sets in its process, which is that of the tests here."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable]:
    """Return a function that puts a program in a real one's way.

    It notes what it is asked and goes on with its own text; what comes back tells what it noted.
    """
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")

    def program(name: str, text: str = "") -> Callable[[], list[list[str]]]:
        notes, path = tmp_path / f"{name}.notes", tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "#!/usr/bin/env python3\nimport json, os, sys\n"
            f"open({str(notes)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n{text}"
        )
        path.chmod(0o755)
        notes.touch()
        return lambda: [json.loads(line) for line in notes.read_text().splitlines()]

    return program


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings of modules, which Ansible shows at once in a process of the controller."""
    texts: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: texts.append(text))
    return texts


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of the app ``shop``, which is empty."""
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    monkeypatch.setattr(layout, "STATE_ROOT", f"{tmp_path}/state")
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


@pytest.fixture
def three_releases(home: Path) -> Path:
    """Make two complete releases, the newer with the smaller name, and an incomplete one."""
    for age, (name, environment) in enumerate({"aaa": "env1", "bbb": "env2"}.items()):
        release = home / "releases" / name
        release.mkdir(parents=True)
        programs = home / "environments" / environment / "bin"
        programs.mkdir(parents=True)
        (programs / "gunicorn").touch()
        (release / "venv").symlink_to(f"../../environments/{environment}")
        (release / "release.json").write_text(f'{{"source": "git", "revision": "{name}1"}}')
        os.utime(release / "release.json", (1000 - age, 1000 - age))
    (home / "releases/ccc").mkdir()
    (home / "environments/env1.lock").touch()
    return home


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that sets what systemctl prints."""

    def say(answer: str) -> None:
        monkeypatch.setattr(units, "systemctl", lambda *arguments: answer)
        monkeypatch.setattr(wsgi_app_info, "systemd_version", lambda: 257)

    return say
