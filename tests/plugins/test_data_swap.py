"""The data of an app are replaced as a whole, or stay as they are."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import claim, data_swap, layout, units
from ansible_collections.subsite.deploy.plugins.modules import wsgi_data_swap

UNITS = ["wsgi-shop.socket", "wsgi-shop.4d1c.service"]
RENAMES = 7
"""How often a swap renames a directory: the journal's, and twice for each of three."""


class CutOff(BaseException):
    """The run was killed."""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state directory of an app, with an unpacked backup beside its data."""
    monkeypatch.setattr(layout, "STATE_ROOT", str(tmp_path))
    monkeypatch.setattr(layout, "ROOT", str(tmp_path / "releases"))
    for top, word in ((tmp_path / "shop", "old"), (tmp_path / "shop/restore", "new")):
        for name in ("data", "public", "shared/media"):
            (top / name).mkdir(parents=True)
            (top / name / "file").write_text(word)
    return tmp_path / "shop"


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The units that run."""
    running = set(UNITS)
    monkeypatch.setattr(units, "running", lambda *_patterns: dict.fromkeys(sorted(running), ""))
    monkeypatch.setattr(units, "stop", lambda names, timeout: running.difference_update(names))

    def systemctl(command: str, *names: str) -> str:
        assert command == "start"
        running.update(names)
        return ""

    monkeypatch.setattr(units, "systemctl", systemctl)
    there = dict.fromkeys(UNITS, "loaded")
    monkeypatch.setattr(units, "show", lambda unit, _name: there.get(unit, "not-found"))
    return running


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that lets the run end before its n-th rename."""
    rename = Path.rename

    def at(number: int) -> None:
        left = [number]

        def count(self: Path, target: Path) -> Path:
            left[0] -= 1
            if not left[0]:
                monkeypatch.setattr(Path, "rename", rename)
                raise CutOff
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", count)

    return at


def words(top: Path) -> list[str]:
    return [(top / name / "file").read_text() for name in ("data", "public", "shared/media")]


def test_replaces_the_data_while_the_app_is_stopped(state: Path, running: set[str]):
    data_swap.begin("shop", 1)
    assert (words(state), running) == (["new"] * 3, set())
    assert data_swap.end("shop") == str(state / "replaced")
    assert (words(state / "replaced"), running) == (["old"] * 3, set(UNITS))


ONCE = {
    "wsgi-shop_setup.4d1c.service",
    "wsgi-shop_schedule_report.service",
    "wsgi-shop_run_1.service",
}


def test_commands_that_ran_do_not_start_again(
    state: Path, running: set[str], monkeypatch: pytest.MonkeyPatch
):
    timer = "wsgi-shop_schedule_report.timer"
    monkeypatch.setattr(units, "show", lambda *_: "loaded")
    running |= ONCE | {timer}
    data_swap.begin("shop", 1)
    assert running == set()
    data_swap.end("shop")
    assert running == {*UNITS, timer}


def test_slices_go_on(state: Path, running: set[str]):
    running.add("wsgi_shop.4d1c.slice")
    data_swap.begin("shop", 1)
    assert running == {"wsgi_shop.4d1c.slice"}


def test_units_that_were_removed_since_do_not_start(state: Path, running: set[str]):
    running.add("wsgi-shop.70f8.service")
    data_swap.begin("shop", 1)
    assert data_swap.undo("shop", 1)
    assert running == set(UNITS)


@pytest.mark.usefixtures("running")
def test_only_root_enters_the_replaced_data(state: Path):
    data_swap.begin("shop", 1)
    assert (state / "replaced").stat().st_mode & 0o777 == 0o700


def test_undo_puts_the_data_back(state: Path, running: set[str]):
    data_swap.begin("shop", 1)
    assert data_swap.undo("shop", 1)
    assert (words(state), running) == (["old"] * 3, set(UNITS))
    assert sorted(os.listdir(state)) == ["data", "public", "shared"]


@pytest.mark.parametrize("number", range(2, RENAMES + 1))
def test_undo_after_a_run_that_was_cut_off(
    state: Path, running: set[str], cut_off: Callable[[int], None], number: int
):
    cut_off(number)
    with pytest.raises(CutOff):
        data_swap.begin("shop", 1)
    assert data_swap.recover("shop", 1)
    assert (words(state), running) == (["old"] * 3, set(UNITS))
    assert sorted(os.listdir(state)) == ["data", "public", "shared"]


def test_app_that_does_not_start_with_its_data(
    state: Path, running: set[str], monkeypatch: pytest.MonkeyPatch
):
    """Its database may be away. The next run, which may fix that, has to get further."""

    def fail(*_: str) -> str:
        raise units.SystemctlError("Job for wsgi-shop.4d1c.service failed.")

    data_swap.begin("shop", 1)
    monkeypatch.setattr(units, "systemctl", fail)
    with pytest.raises(data_swap.SwapError, match="has the data that it had before, but does not"):
        data_swap.undo("shop", 1)
    assert (words(state), running) == (["old"] * 3, set())
    assert not data_swap.recover("shop", 1)


@pytest.mark.parametrize("number", range(1, 4))
def test_undo_that_was_cut_off(
    state: Path, running: set[str], cut_off: Callable[[int], None], number: int
):
    data_swap.begin("shop", 1)
    cut_off(number)
    with pytest.raises(CutOff):
        data_swap.undo("shop", 1)
    assert data_swap.recover("shop", 1)
    assert (words(state), running) == (["old"] * 3, set(UNITS))


def test_data_of_an_app_that_was_started_since_stay(state: Path, running: set[str]):
    """After a reboot, the app runs with the data of the backup, and changes them."""
    data_swap.begin("shop", 1)
    running.update(UNITS)
    (state / "data/file").write_text("newer")
    with pytest.raises(data_swap.SwapError, match="the app was started since"):
        data_swap.recover("shop", 1)
    assert ((state / "data/file").read_text(), running) == ("newer", set(UNITS))


@pytest.mark.usefixtures("running")
def test_what_is_unpacked_is_removed(state: Path):
    assert not data_swap.recover("shop", 1)
    assert not (state / "restore").exists()
    assert words(state) == ["old"] * 3


def test_run_cut_off_before_its_journal_has_changed_nothing(
    state: Path, running: set[str], cut_off: Callable[[int], None]
):
    cut_off(1)
    with pytest.raises(CutOff):
        data_swap.begin("shop", 1)
    assert not data_swap.recover("shop", 1)
    assert (words(state), running) == (["old"] * 3, set(UNITS))


@pytest.mark.usefixtures("running")
def test_undo_after_the_end_does_nothing(state: Path):
    data_swap.begin("shop", 1)
    data_swap.end("shop")
    assert not data_swap.undo("shop", 1)
    assert (words(state), words(state / "replaced")) == (["new"] * 3, ["old"] * 3)


@pytest.mark.usefixtures("running")
def test_next_restore_removes_the_replaced_data(state: Path):
    data_swap.begin("shop", 1)
    data_swap.end("shop")
    for name in ("data", "public", "shared/media"):
        (state / "restore" / name).mkdir(parents=True)
        (state / "restore" / name / "file").write_text("newest")
    data_swap.begin("shop", 1)
    assert data_swap.end("shop") == str(state / "replaced")
    assert (words(state), words(state / "replaced")) == (["newest"] * 3, ["new"] * 3)


class TestNewApp:
    @pytest.fixture(autouse=True)
    def nothing(self, state: Path, running: set[str]) -> None:
        running.clear()
        for name in ("data", "public", "shared"):
            data_swap.lent_directory.remove(state / name)

    def test_gets_the_data(self, state: Path):
        data_swap.begin("shop", 1)
        assert (data_swap.end("shop"), words(state)) == ("", ["new"] * 3)
        assert sorted(os.listdir(state)) == ["data", "public", "shared"]

    def test_has_none_after_undo(self, state: Path):
        data_swap.begin("shop", 1)
        assert data_swap.undo("shop", 1)
        assert os.listdir(state) == []


class TestModule:
    @pytest.fixture
    def step(self, run_module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        """Return a function that does a step of the run that has the claim."""
        places = dataclasses.replace(
            layout.layout("shop"),
            claim_path=f"{tmp_path}/claim",
            switch_lock_path=f"{tmp_path}/lock",
        )
        for module in (wsgi_data_swap, claim):
            monkeypatch.setattr(module, "layout", lambda _app: places)
        (tmp_path / "claim").write_text("mine")
        given = {"name": "shop", "claim": "mine"}
        return lambda step, **more: run_module(wsgi_data_swap, **{**given, **more, "step": step})

    @pytest.mark.usefixtures("running")
    def test_does_one_step(self, state: Path, step):
        assert step("begin")["changed"]
        assert step("end")["replaced"] == str(state / "replaced")
        assert not step("undo")["changed"]
        assert not step("recover")["changed"]

    @pytest.mark.usefixtures("running", "state")
    def test_end_of_a_swap_that_another_run_has_undone(self, step):
        step("begin")
        step("undo")
        assert "There is no" in step("end")["msg"]

    @pytest.mark.parametrize("name", ["begin", "end", "undo", "recover"])
    def test_run_that_is_superseded_changes_nothing(
        self, state: Path, running: set[str], step, name: str
    ):
        if name != "begin":
            data_swap.begin("shop", 1)
        before = (words(state), set(running))
        done = step(name, claim="another")
        assert done["msg"].startswith("Another run has begun to change shop on this host since")
        assert (words(state), running) == before

    @pytest.mark.usefixtures("running")
    def test_check_mode_changes_nothing(self, state: Path, step):
        assert step("begin", _ansible_check_mode=True)["changed"]
        assert words(state) == ["old"] * 3
