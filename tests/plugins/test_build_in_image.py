"""What happens in an image while it is built."""

import json
import os
import stat
import sys
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import build_in_image
from ansible_collections.subsite.deploy.plugins.module_utils.installer import Pip
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

BUILDS = '[build-system]\nrequires = ["setuptools"]\n'


class Installer(Pip):
    """Records what it is asked to do."""

    requested: ClassVar[list] = []

    def create(self, environment: Path) -> None:
        self.requested.append(("create", environment.name))

    def install(self, environment: Path, *arguments: str, cwd: Path | None = None) -> None:
        self.requested.append(("install", environment.name, *arguments))

    def installed(self, environment: Path) -> str:
        return ""


def build(**more) -> build_in_image.Build:
    return build_in_image.Build(installer="pip", base_image="python:3.13-slim", **more)


@pytest.fixture
def app_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(build_in_image.INSTALLERS, "pip", Installer)
    Installer.requested.clear()
    monkeypatch.setattr(build_in_image, "SCRATCH", tmp_path / "scratch")
    (tmp_path / "source").mkdir(mode=0o750)
    (tmp_path / "source/shop.py").write_text("app = None\n")
    (tmp_path / "source/shop.py").chmod(0o640)
    return tmp_path


def test_environment_is_filled(app_dir: Path):
    build_in_image.make_environment(app_dir, build(requirements=["gunicorn>=23"]))
    assert Installer.requested == [
        ("create", "environment"),
        ("install", "environment", "gunicorn>=23"),
    ]


def test_project_is_installed(app_dir: Path):
    (app_dir / "source/pyproject.toml").write_text(BUILDS)
    build_in_image.install_project(app_dir, build())
    [[what, name, *options, tree]] = Installer.requested
    assert (what, name, Path(tree).name) == ("install", "environment", "source")
    assert options == ["--no-deps", "--target", str(app_dir / "lib"), "--upgrade"]


def test_modules_are_left_where_they_are(app_dir: Path):
    build_in_image.install_project(app_dir, build())
    assert (Installer.requested, (app_dir / "lib").is_dir()) == ([], True)


def test_everybody_reads_what_comes_of_it(app_dir: Path):
    build_in_image.install_project(app_dir, build())
    rights = {
        path.name: stat.filemode(path.stat().st_mode)
        for path in [app_dir / "source", app_dir / "source/shop.py"]
    }
    assert rights == {"source": "drwxr-xr-x", "shop.py": "-rw-r--r--"}


def test_bytecode_is_there(app_dir: Path):
    build_in_image.install_project(app_dir, build())
    assert list((app_dir / "source/__pycache__").glob("shop.*.pyc"))


class TestBuilt:
    """The build commands have changed the source as another user."""

    @pytest.fixture
    def source(self, app_dir: Path) -> Path:
        source = app_dir / "source"
        (source / "new").hardlink_to(source / "shop.py")
        (source / "sh").write_text("#!/bin/sh\n")
        for path in [source, *source.iterdir()]:
            os.chown(path, 65534, 65534)
        (source / "sh").chmod(0o6777)
        (source / "new").chmod(0o600)
        return source

    def test_source_is_root_s_and_everybody_can_read_it(self, app_dir: Path, source: Path):
        build_in_image.take_source(app_dir / "source")
        found = {path.name: path.stat() for path in [source, *source.iterdir()]}
        assert {(status.st_uid, status.st_gid) for status in found.values()} == {(0, 0)}
        modes = {name: stat.filemode(status.st_mode) for name, status in found.items()}
        assert modes.pop("__pycache__") == "drwxr-xr-x"
        assert modes == {
            "source": "drwxr-xr-x",
            "shop.py": "-rw-r--r--",
            "new": "-rw-r--r--",
            "sh": "-rwxr-xr-x",
        }

    def test_link_that_leads_out_is_refused(self, app_dir: Path, source: Path):
        (source / "out").symlink_to("/etc/shadow")
        with pytest.raises(BuildError, match="^wsgi_app_build_commands have left .*/etc/shadow"):
            build_in_image.take_source(app_dir / "source")


def run_step(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["build_in_image", *arguments])
    build_in_image.main()


def step(app_dir: Path, **more) -> tuple[str, str, str]:
    return "environment", str(app_dir), json.dumps(asdict(build(**more)))


def test_command_line_ends_with_the_reason(app_dir: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(SystemExit, match="directory is 'back', but the source has no"):
        run_step(monkeypatch, *step(app_dir, choice={"directory": "back"}))


def test_interpreter_that_the_project_does_not_allow_is_refused(app_dir: Path, monkeypatch):
    (app_dir / "source/pyproject.toml").write_text('[project]\nrequires-python = ">=9"\n')
    with pytest.raises(SystemExit, match="is '>=9', but wsgi_app_base_image python:3.13-slim is"):
        run_step(monkeypatch, *step(app_dir))
    assert Installer.requested == []


def test_version_of_python_that_is_not_read_is_named(app_dir: Path, monkeypatch, capsys):
    (app_dir / "source/.python-version").write_text("3.2\n")
    run_step(monkeypatch, *step(app_dir))
    [note] = [line for line in capsys.readouterr().out.splitlines() if "subsite-note" in line]
    named = json.loads(note.removeprefix(build_in_image.NOTE))
    assert named.startswith(".python-version has Python 3.2, which is not read")


def test_source_is_taken_without_an_installer(app_dir: Path, monkeypatch):
    run_step(monkeypatch, "built", str(app_dir))
    assert not (app_dir / "scratch").exists()
