"""A backup arrives complete on the controller, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.subsite.deploy.plugins.action import wsgi_backup as action
from ansible_collections.subsite.deploy.plugins.module_utils import backup_on_host, layout, pieces
from ansible_collections.subsite.deploy.plugins.module_utils.backup_record import BackupError
from ansible_collections.subsite.deploy.plugins.modules import wsgi_backup
from ansible_collections.subsite.deploy.plugins.plugin_utils.collection_version import (
    collection_version,
)

PIECES = [b"one", b"two"]
STARTED = {"library": "/run/subsite/backup-1", "python": "/usr/bin/python3", "unit": "a.service"}
MADE = time.struct_time((2026, 11, 30, 8, 15, 0, 0, 334, 0))


@pytest.fixture
def receive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict]:
    """Return a function that receives answers of a host into ``backup.tar.gz``."""

    def receive(*answers: bytes) -> dict:
        left = iter(answers)

        def next_answer(_self: object, _started: dict) -> bytes:
            try:
                return next(left)
            except StopIteration:
                raise BackupError("the host sends no more of it") from None

        plugin = object.__new__(action.ActionModule)
        monkeypatch.setattr(action.ActionModule, "_next_answer", next_answer)
        monkeypatch.setattr(action.ActionModule, "_low_level_execute_command", lambda *_: {})
        return plugin._receive(STARTED, tmp_path / "backup.tar.gz")

    return receive


def end(**changed: object) -> bytes:
    content = b"".join(PIECES)
    report = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), **changed}
    return pieces.END + json.dumps(report).encode()


ALL = [pieces.PIECE + piece for piece in PIECES]


def test_complete_backup_arrives(receive, tmp_path: Path):
    assert receive(*ALL, end(left_out=["data/pipe"]))["left_out"] == ["data/pipe"]
    backup = tmp_path / "backup.tar.gz"
    assert backup.read_bytes() == b"".join(PIECES)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["backup.tar.gz"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param(ALL, "sends no more", id="cut off"),
        pytest.param([*ALL[:1], end()], "not what the host sent", id="piece missing"),
        pytest.param([*ALL[::-1], end()], "not what the host sent", id="wrong order"),
        pytest.param([*ALL, end(error="no permission")], "no permission", id="failed on the host"),
    ],
)
def test_incomplete_backup_is_removed(receive, tmp_path: Path, answers: list[bytes], said: str):
    done = receive(*answers)
    assert done["failed"]
    assert said in done["msg"]
    assert os.listdir(tmp_path) == []


def test_backup_of_the_same_name_stays(receive, tmp_path: Path):
    (tmp_path / "backup.tar.gz").write_text("another")
    assert receive(*ALL, end())["failed"]
    assert (tmp_path / "backup.tar.gz").read_text() == "another"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        pytest.param("shop", "shop-2026-11-30T081500Z.tar.gz", id="host named after the app"),
        pytest.param("web1", "shop-web1-2026-11-30T081500Z.tar.gz", id="one of several hosts"),
        pytest.param("../a", "shop-.._a-2026-11-30T081500Z.tar.gz", id="slash"),
    ],
)
def test_file_name(host: str, name: str):
    assert action.file_name("shop", host, MADE) == name


def test_version_is_that_of_the_collection(root: Path):
    assert collection_version() == yaml.safe_load((root / "galaxy.yml").read_text())["version"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state directory of an app."""
    monkeypatch.setattr(layout, "STATE_ROOT", str(tmp_path / "state"))
    for name in ("data", "public", "shared/media", "static"):
        (tmp_path / "state/shop" / name).mkdir(parents=True)
    return tmp_path / "state/shop"


@pytest.mark.usefixtures("state")
def test_directories_of_an_app():
    directories = list(backup_on_host.directories_of("shop"))
    assert directories == ["data", "public", "shared/media"]


@pytest.mark.usefixtures("state")
def test_app_that_does_not_exist(run_module):
    done = run_module(wsgi_backup, name="blog", directory="/", _ansible_check_mode=True)
    assert "the host has no app 'blog'" in done["msg"]


def test_data_of_an_unfinished_restore(run_module, state: Path):
    (state / "replaced").mkdir()
    (state / "replaced/journal.json").touch()
    done = run_module(wsgi_backup, name="shop", directory="/", _ansible_check_mode=True)
    assert "a restore is under way, or was cut off" in done["msg"]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("mode", "said"),
    [
        pytest.param(None, "the host has no such directory", id="missing"),
        pytest.param(0o777, "users other than root can change", id="of all users"),
    ],
)
def test_directory_of_the_host(run_module, tmp_path: Path, mode: int | None, said: str):
    directory = tmp_path / "backups"
    if mode:
        directory.mkdir()
        directory.chmod(mode)
    done = run_module(wsgi_backup, name="shop", directory=str(directory), on_host=True)
    assert said in done["msg"]


@pytest.mark.usefixtures("state")
def test_check_mode_only_looks(run_module, tmp_path: Path):
    done = run_module(wsgi_backup, name="shop", directory=str(tmp_path), _ansible_check_mode=True)
    assert done["changed"]
    assert os.listdir(tmp_path) == ["state"]
