"""A restore looks at the app first."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import layout
from ansible_collections.subsite.deploy.plugins.modules import wsgi_restore

CHECK = {"name": "shop", "backup": "/backups/shop.tar.gz", "_ansible_check_mode": True}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state directory of an app, whose directories are empty."""
    monkeypatch.setattr(layout, "STATE_ROOT", str(tmp_path))
    monkeypatch.setattr(layout, "UNIT_DIR", str(tmp_path / "units"))
    (tmp_path / "units").mkdir()
    for name in ("data", "public", "shared/media"):
        (tmp_path / "shop" / name).mkdir(parents=True)
    return tmp_path / "shop"


@pytest.mark.usefixtures("state")
def test_app_without_data_may_be_restored(run_module):
    assert run_module(wsgi_restore, **CHECK)["changed"]


@pytest.mark.parametrize("name", ["data", "public", "shared/media"])
def test_data_are_not_replaced_unasked(run_module, state: Path, name: str):
    (state / name / "file").touch()
    done = run_module(wsgi_restore, **CHECK)
    assert "set wsgi_app_restore_replaces: true" in done["msg"]
    assert run_module(wsgi_restore, **CHECK, replaces=True)["changed"]


def test_release_without_data_is_not_stopped_unasked(run_module, state: Path):
    (state.parent / "units/wsgi-shop.service").symlink_to("wsgi-shop.4d1c.service")
    assert "set wsgi_app_restore_replaces: true" in run_module(wsgi_restore, **CHECK)["msg"]


@pytest.mark.usefixtures("state")
def test_backup_on_the_host_that_others_can_change(run_module, tmp_path: Path):
    backup = tmp_path / "backups/shop.tar.gz"
    backup.parent.mkdir()
    backup.touch()
    backup.chmod(0o666)
    done = run_module(wsgi_restore, **{**CHECK, "backup": str(backup)}, on_host=True)
    assert f"users other than root can change {backup}" in done["msg"]


def test_backup_without_room_is_refused(run_module, state: Path):
    """One of a few megabytes can unpack to all that the disk has, which other apps use, too."""
    given = {"name": "shop", "backup": "/backups/shop.tar.gz"}
    assert not run_module(wsgi_restore, **given, size=2**20).get("failed")
    said = run_module(wsgi_restore, **given, size=2**50)["msg"]
    assert f"it unpacks to 1125899907 MB, and {state} has room for" in said


@pytest.mark.parametrize(
    ("mounted", "refused"),
    [
        pytest.param("shop/data", True, id="data"),
        pytest.param("shop/shared/media", True, id="shared directory"),
        pytest.param("shop/public/old\\040files", True, id="below the public directory"),
        pytest.param("shop", False, id="state directory"),
        pytest.param("shop2/data", False, id="another app"),
    ],
)
def test_mounts_are_refused(
    run_module, state: Path, monkeypatch: pytest.MonkeyPatch, mounted: str, refused: bool
):
    """They cannot be renamed, or would cover the restored data after a boot."""
    mounts = state.parent / "mountinfo"
    mounts.write_text(f"36 25 0:32 / {state.parent}/{mounted} rw shared:1 - ext4 /dev/sdb rw\n")
    monkeypatch.setattr(wsgi_restore, "MOUNTS", mounts)
    done = run_module(wsgi_restore, **CHECK)
    assert ("the host has a mount at" in done.get("msg", "")) is refused
