"""Paths that go, and what stays."""

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import absent_paths


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    """One of each kind, and what a link leads to."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    (tmp_path / "tree/deep").mkdir(parents=True)
    (tmp_path / "tree/deep/file").touch()
    (tmp_path / "tree/link").symlink_to(tmp_path / "kept")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    return {name: tmp_path / name for name in ("tree", "file", "link", "dangling", "missing")}


def left(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


def test_all_of_them_go_and_nothing_that_they_link_to(run_module, tmp_path: Path, paths):
    result = run_module(absent_paths, paths=list(map(str, paths.values())))
    assert left(tmp_path) == {"kept", "kept/file"}
    there = [str(path) for name, path in paths.items() if name != "missing"]
    assert (result["changed"], result["paths"]) == (True, there)
    assert result["diff"] == {"before": "".join(f"{path}\n" for path in there), "after": ""}


def test_nothing_changes_when_nothing_is_there(run_module, paths):
    assert run_module(absent_paths, paths=[str(paths["missing"])])["changed"] is False


def test_check_mode_removes_nothing(run_module, tmp_path: Path, paths):
    before = left(tmp_path)
    result = run_module(
        absent_paths, paths=list(map(str, paths.values())), _ansible_check_mode=True
    )
    assert (result["changed"], left(tmp_path)) == (True, before)


def test_path_that_cannot_go_is_named(run_module):
    assert "/proc/self/stat" in run_module(absent_paths, paths=["/proc/self/stat"])["msg"]
