"""What happens in an image while it is built."""

import os
import stat
import sys
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import build_in_image
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

BUILDS = '[build-system]\nrequires = ["setuptools"]\n'


class Installer:
    """Records its requirements."""

    requested: list

    def __init__(self, *parameters: str) -> None:
        self.requested = Installer.requested = []

    def fill(self, environment, source, requirements) -> None:
        self.requested.append(("fill", environment.name, source.path.name, requirements))

    def install_project(self, environment, source, lib) -> None:
        self.requested.append(("install", environment.name, source.path.name, lib.name))


@pytest.fixture
def app_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(build_in_image.INSTALLERS, "pip", Installer)
    monkeypatch.setattr(build_in_image, "SCRATCH", tmp_path / "scratch")
    (tmp_path / "source").mkdir(mode=0o750)
    (tmp_path / "source/shop.py").write_text("app = None\n")
    (tmp_path / "source/shop.py").chmod(0o640)
    return tmp_path


def test_environment_is_filled(app_dir: Path):
    build_in_image.build("environment", app_dir, "pip", ["gunicorn>=23"])
    assert Installer.requested == [("fill", "environment", "source", ["gunicorn>=23"])]


def test_project_is_installed(app_dir: Path):
    (app_dir / "source/pyproject.toml").write_text(BUILDS)
    build_in_image.build("project", app_dir, "pip", [])
    assert Installer.requested == [("install", "environment", "source", "lib")]


def test_modules_are_left_where_they_are(app_dir: Path):
    build_in_image.build("project", app_dir, "pip", [])
    assert (Installer.requested, (app_dir / "lib").is_dir()) == ([], True)


def test_everybody_reads_what_comes_of_it(app_dir: Path):
    build_in_image.build("project", app_dir, "pip", [])
    rights = {
        path.name: stat.filemode(path.stat().st_mode)
        for path in [app_dir / "source", app_dir / "source/shop.py"]
    }
    assert rights == {"source": "drwxr-xr-x", "shop.py": "-rw-r--r--"}


def test_bytecode_is_there(app_dir: Path):
    build_in_image.build("project", app_dir, "pip", [])
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
        build_in_image.build("built", app_dir, "pip", [])
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

    def test_no_installer_is_needed(self, app_dir: Path, source: Path):
        build_in_image.build("built", app_dir, "uv", [])
        assert not (app_dir / "scratch").exists()

    def test_link_that_leads_out_is_refused(self, app_dir: Path, source: Path):
        (source / "out").symlink_to("/etc/shadow")
        with pytest.raises(BuildError, match="^wsgi_app_build_commands have left .*/etc/shadow"):
            build_in_image.build("built", app_dir, "pip", [])


def test_link_to_where_it_is_built_is_refused(app_dir: Path):
    (app_dir / "source/requirements.txt").write_text("-e .\n")
    with pytest.raises(BuildError, match="Remove the -e"):
        build_in_image.build("environment", app_dir, "pip", [])


def test_command_line_ends_with_the_reason(app_dir: Path, monkeypatch: pytest.MonkeyPatch):
    (app_dir / "source/requirements.txt").write_text("-e .\n")
    monkeypatch.setattr(
        sys, "argv", ["build_in_image", "environment", str(app_dir), "pip", "flask"]
    )
    with pytest.raises(SystemExit, match="Remove the -e"):
        build_in_image.main()
