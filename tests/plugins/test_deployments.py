"""Who deployed which release, and the pin."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import deployments, layout

ANNA = {"user": "anna", "host": "laptop"}
BERT = {"user": "bert", "host": "ci"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


def deploy(release: str, **more: object) -> None:
    deployments.record("shop", release, {"how": "deploy", "by": ANNA, **more})


def releases() -> list[str]:
    return [each["release"] for each in deployments.read("shop")]


def test_app_without_deployments():
    assert (deployments.read("shop"), deployments.latest("shop", "aaa")) == ([], {})


def test_newest_is_first():
    deploy("aaa")
    deploy("bbb")
    assert releases() == ["bbb", "aaa"]


def test_release_that_starts_again_is_not_deployed_again():
    deploy("aaa", changes=["first"])
    deploy("aaa", changes=["again"])
    [recorded] = deployments.read("shop")
    assert recorded["changes"] == ["first"]


def test_rollback_keeps_the_source(monkeypatch):
    deploy("aaa", source={"commit": "9c2ea81"})
    deploy("bbb", source={"commit": "1111111"})
    deployments.record("shop", "aaa", {"how": "rollback", "by": BERT})
    newest = deployments.latest("shop", "aaa")
    assert (newest["how"], newest["by"], newest["source"]) == (
        "rollback",
        BERT,
        {"commit": "9c2ea81"},
    )


def test_time_is_when_it_became_current(monkeypatch):
    monkeypatch.setattr(deployments, "now", lambda: "2026-11-22 21:59:54")
    deploy("aaa")
    assert deployments.latest("shop", "aaa")["at"] == "2026-11-22 21:59:54"


def test_number_of_deployments_is_bounded(monkeypatch):
    monkeypatch.setattr(deployments, "KEPT", 3)
    for release in ("aaa", "bbb", "ccc", "ddd"):
        deploy(release)
    assert releases() == ["ddd", "ccc", "bbb"]


def test_only_root_can_read_them(home: Path):
    deploy("aaa")
    deployments.pin("shop", "aaa", ANNA)
    for path in (home / "deployments.json", home / "pin.json"):
        status = path.stat()
        assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o600)


def test_pin_is_lifted():
    deployments.pin("shop", "aaa", ANNA)
    pin = deployments.pin_of("shop")
    assert pin and (pin["release"], pin["by"]) == ("aaa", ANNA)
    deployments.unpin("shop")
    deployments.unpin("shop")
    assert deployments.pin_of("shop") is None
