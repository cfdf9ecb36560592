"""Programs in the way of real ones, an app on a host, and builds without a unit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import (
    build_on_host,
    layout,
    transient_unit,
    units,
)
from ansible_collections.subsite.deploy.plugins.module_utils.installer import Pip
from ansible_collections.subsite.deploy.plugins.modules import wsgi_app_info
from ansible_collections.subsite.deploy.plugins.modules.wsgi_release import Release


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


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but pip, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that packages come from."""
    index = tmp_path / "index"
    index.mkdir()
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", f"{index} {tmp_path}")
    monkeypatch.setenv("UV_OFFLINE", "1")
    return index


@pytest.fixture
def parameters(tmp_path: Path) -> dict[str, str]:
    parameters = {name: str(tmp_path / name) for name in ("path", "environments", "cache", "tools")}
    for directory in parameters.values():
        Path(directory).mkdir()
    more = {
        "user": "root",
        "group": "root",
        "python": sys.executable,
        "requirements": [],
        "sandbox": {},
        "check": [],
        "choice": {},
        "build_environment": {},
        "build_environment_id": "",
        "refreshed": 0,
    }
    return {**parameters, **more}


@pytest.fixture
def tool(parameters: dict, empty: Path) -> Path:
    """An environment for uv, whose installation was cut off."""
    tool = Path(parameters["tools"], f"uv-{sys.version_info[0]}.{sys.version_info[1]}")
    (tool / "bin").mkdir(parents=True)
    for name in ("bin/python", "lib", "pyvenv.cfg"):
        (tool / name).symlink_to(empty / name)
    return tool


@pytest.fixture
def unit() -> dict[str, object]:
    """The settings of the unit that built last."""
    return {}


@pytest.fixture
def build(
    installer: str, parameters: dict, empty: Path, index: Path, tool: Path, unit: dict, monkeypatch
) -> Callable[..., dict[str, str]]:
    def copy(builder: Pip, environment: Path) -> None:
        shutil.copytree(empty, environment, symlinks=True, dirs_exist_ok=True)

    def run(program, library, text, name, properties) -> str:
        """Build without a unit, for which systemd is needed."""
        unit.update({**properties, "name": name})
        return json.dumps(build_on_host.Build(**json.loads(text)).run())

    monkeypatch.setattr(Pip, "create", copy)
    monkeypatch.setattr(transient_unit, "run", run)
    monkeypatch.setattr(transient_unit, "stop", lambda unit: None)
    (tool / "bin/uv").symlink_to(shutil.which("uv"))
    (tool / ".complete").touch()

    def build(*requirements: str) -> dict[str, str]:
        """Build the release and return what each module in its environment says."""
        release = Release({**parameters, "installer": installer, "requirements": requirements})
        release.build()
        modules = release.environment.glob("lib/*/site-packages/*.py")
        return {path.stem: path.read_text() for path in modules}

    return build
