"""wsgi_app_build_environment: builds have it, and nothing else shows it."""

from __future__ import annotations

import base64
import functools
import http.server
import os
import shutil
import sys
import threading
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import transient_unit
from ansible_collections.subsite.deploy.plugins.module_utils.build_on_host import Build
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.modules import (
    wsgi_build_commands,
    wsgi_image,
    wsgi_release,
)

TOKEN = f"CANARY-{uuid.uuid4()}"
INFO = {
    "acme.py": "",
    "acme-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1\n",
    "acme-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "acme-1.dist-info/RECORD": "",
}


class Index(http.server.SimpleHTTPRequestHandler):
    """An index of packages for those who know the token."""

    wants = f"Basic {base64.b64encode(f'deploy:{TOKEN}'.encode()).decode()}"

    def do_GET(self) -> None:
        if self.headers["Authorization"] == self.wants:
            super().do_GET()
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    directory = tmp_path / "index/simple/acme"
    directory.mkdir(parents=True)
    with zipfile.ZipFile(directory / "acme-1-py3-none-any.whl", "w") as wheel:
        for name, text in INFO.items():
            wheel.writestr(name, text)
    handler = functools.partial(Index, directory=str(tmp_path / "index"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("installer", ["pip", "uv"])
@pytest.mark.parametrize(
    ("requirements", "environ"),
    [
        pytest.param(
            "--index-url http://deploy:${SHOP_TOKEN}@127.0.0.1:{port}/simple/\nacme\n",
            {"SHOP_TOKEN": TOKEN},
            id="in requirements",
        ),
        pytest.param(
            "acme\n",
            {
                "PIP_INDEX_URL": f"http://deploy:{TOKEN}@127.0.0.1:{{port}}/simple/",
                "PIP_EXTRA_INDEX_URL": "",
            },
            id="as a setting of pip",
        ),
    ],
)
def test_private_index_gives_its_packages(
    tmp_path: Path, port: int, monkeypatch, installer: str, requirements: str, environ: dict
):
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    source = tmp_path / "source"
    source.mkdir()
    (source / "requirements.txt").write_text(requirements.replace("{port}", str(port)))
    tool = tmp_path / "tool"
    (tool / "bin").mkdir(parents=True)
    for program in ("uv", "python"):
        (tool / "bin" / program).symlink_to(shutil.which(program) or "")
    build = Build(
        source=str(source),
        environment=str(tmp_path / "environment"),
        makes_environment=True,
        lib=str(tmp_path / "lib"),
        bytecode=str(tmp_path / "bytecode"),
        python=sys.executable,
        installer=installer,
        tool=str(tool),
        cache=str(tmp_path / "cache"),
        environ={name: value.replace("{port}", str(port)) for name, value in environ.items()},
    )
    build.run()
    assert list(tmp_path.glob("environment/lib/python*/site-packages/acme.py"))


PLACES = dict.fromkeys(("path", "environments", "cache", "tools"), "/srv/wsgi/shop")
USER = {"user": "root", "group": "root"}
SWITCH = {"BUILD_C": "1"}


def test_of_a_build_are_in_no_result(run_module, monkeypatch):
    def build(release) -> bool:
        assert release.parameters["build_environment"] == {"TOKEN": TOKEN, **SWITCH}
        raise BuildError(f"1 error: {TOKEN} is wrong")

    monkeypatch.setattr(wsgi_release.Release, "build", build)
    variables = {"build_environment": {"TOKEN": TOKEN, **SWITCH}}
    result = run_module(wsgi_release, **PLACES, **USER, **variables)
    assert TOKEN not in str(result)
    assert result["msg"] == "1 error: ******** is wrong"


@pytest.mark.parametrize("said", ["to%2Fken", "to/ken", "https://deploy:to%2Fken@x.example/y/"])
def test_passwords_in_urls_are_in_no_result(run_module, monkeypatch, said: str):
    def build(release) -> bool:
        raise BuildError(f"git clone {said}")

    monkeypatch.setattr(wsgi_release.Release, "build", build)
    variables = {"PIP_EXTRA_INDEX_URL": "https://deploy:to%2Fken@x.example/simple"}
    result = run_module(wsgi_release, **PLACES, **USER, build_environment=variables)
    assert "ken" not in result["msg"]


def test_tokens_in_urls_are_in_no_result(run_module, monkeypatch):
    def build(release) -> bool:
        raise BuildError(f"{TOKEN} is wrong")

    monkeypatch.setattr(wsgi_release.Release, "build", build)
    variables = {"UV_INDEX": f"https://{TOKEN}@x.example/simple"}
    result = run_module(wsgi_release, **PLACES, **USER, build_environment=variables)
    assert result["msg"] == "******** is wrong"


def test_of_a_build_are_in_no_warning(run_module, warnings, monkeypatch, tmp_path: Path):
    def build(release) -> bool:
        release.notes.append(f"The project could not be built: {TOKEN} is wrong")
        return True

    monkeypatch.setattr(wsgi_release.Release, "build", build)
    monkeypatch.setattr(wsgi_release.Release, "environment", tmp_path)
    run_module(wsgi_release, **PLACES, **USER, build_environment={"TOKEN": TOKEN})
    assert warnings == ["The project could not be built: ******** is wrong"]


def test_of_an_image_are_in_no_warning(run_module, warnings, monkeypatch, tmp_path: Path):
    monkeypatch.setattr(wsgi_image, "build_alone", lambda parameters: ("id", [f"It said {TOKEN}"]))
    monkeypatch.setattr(wsgi_image, "PIP_CONF", str(tmp_path / "pip.conf"))
    arguments = {"engine": "podman", "name": "shop", "release": "4d1c", "lock": "/run/lock"}
    run_module(wsgi_image, context=str(tmp_path), hidden=[TOKEN], **arguments)
    assert warnings == ["It said ********"]


def test_of_build_commands_are_in_no_result(run_module, monkeypatch):
    def run(commands) -> None:
        assert commands.parameters["build_environment"] == {"TOKEN": TOKEN}
        raise BuildError(f"{TOKEN} is wrong")

    monkeypatch.setattr(wsgi_build_commands.BuildCommands, "run", run)
    arguments = {"path": "/srv/wsgi/shop", "commands": ["true"], **USER}
    result = run_module(wsgi_build_commands, **arguments, build_environment={"TOKEN": TOKEN})
    assert TOKEN not in str(result)


def test_of_an_image_are_in_no_result(run_module, monkeypatch, tmp_path: Path):
    def build(parameters) -> str:
        raise BuildError(f"RUN failed: {TOKEN}")

    monkeypatch.setattr(wsgi_image, "build_alone", build)
    monkeypatch.setattr(wsgi_image, "PIP_CONF", str(tmp_path / "pip.conf"))
    arguments = {"engine": "podman", "name": "shop", "release": "4d1c", "lock": "/run/lock"}
    result = run_module(wsgi_image, context=str(tmp_path), hidden=[TOKEN, "1"], **arguments)
    assert TOKEN not in str(result)
    assert result["msg"] == "RUN failed: ********"


def test_are_on_standard_input_of_the_unit_alone(tmp_path: Path, monkeypatch):
    units: list[dict] = []
    monkeypatch.setattr(
        transient_unit,
        "run",
        lambda program, library, text, unit, properties: (
            units.append({"text": text, "settings": {"unit": unit, **properties}}) or "[]"
        ),
    )
    path = tmp_path / "shop/releases/a"
    (path / "source").mkdir(parents=True)
    (tmp_path / "tools").mkdir()
    monkeypatch.setattr(wsgi_release.installer, "get_uv", lambda tools, python: tmp_path)
    parameters = {
        **dict.fromkeys(("environments", "cache"), str(tmp_path)),
        **USER,
        "tools": str(tmp_path / "tools"),
        "path": str(path),
        "requirements": [],
        "installer": "uv",
        "python": sys.executable,
        "sandbox": {},
        "build_environment": {"TOKEN": TOKEN},
        "build_environment_id": "0123",
        "check": [],
        "choice": {},
        "refreshed": 0,
    }
    release = wsgi_release.Release(parameters)
    release._run(makes_environment=True)
    [unit] = units
    assert TOKEN in unit["text"] and TOKEN not in str(unit["settings"])
    files = [found.read_bytes() for found in tmp_path.rglob("*") if found.is_file()]
    assert not [text for text in files if TOKEN.encode() in text]
