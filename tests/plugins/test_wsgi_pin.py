"""The pin of an app, and what a run reports of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import deployments, layout
from ansible_collections.subsite.deploy.plugins.modules import wsgi_pin

ANNA = {"user": "anna", "host": "laptop"}
BERT = {"user": "bert", "host": "ci"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    (tmp_path / "shop").mkdir()


@pytest.fixture
def pin(run_module):
    def pin(release: str = "aaa", by: dict[str, str] = ANNA, **more: object) -> dict:
        return run_module(wsgi_pin, name="shop", release=release, by=by, **more)

    return pin


@pytest.fixture
def unpin(run_module):
    return lambda **more: run_module(wsgi_pin, name="shop", state="absent", **more)


def pinned() -> tuple[str, dict] | None:
    found = deployments.pin_of("shop")
    return found and (found["release"], found["by"])


def test_app_is_pinned_once(pin):
    assert (pin()["changed"], pin(by=BERT)["changed"]) == (True, False)
    assert pinned() == ("aaa", ANNA)


def test_pin_moves_with_the_release(pin):
    pin()
    assert pin("bbb", BERT)["changed"]
    assert pinned() == ("bbb", BERT)


def test_pin_is_lifted(pin, unpin):
    pin()
    result = unpin()
    assert (result["changed"], result["lifted"]["by"], pinned()) == (True, ANNA, None)


def test_without_a_pin_there_is_nothing_to_lift(unpin):
    assert (unpin()["changed"], unpin()["lifted"]) == (False, None)


def test_check_mode_changes_nothing(pin, unpin):
    assert pin(_ansible_check_mode=True)["changed"]
    assert pinned() is None
    pin()
    assert unpin(_ansible_check_mode=True)["changed"]
    assert pinned() == ("aaa", ANNA)
