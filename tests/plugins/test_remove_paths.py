"""Paths that go, and what stays."""

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import remove_paths


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


def test_all_are_removed_and_links_are_not_followed(run_module, tmp_path: Path, paths):
    result = run_module(remove_paths, paths=list(map(str, paths.values())))
    assert left(tmp_path) == {"kept", "kept/file"}
    there = [str(path) for name, path in paths.items() if name != "missing"]
    assert (result["changed"], result["paths"]) == (True, there)
    assert result["diff"] == {"before": "".join(f"{path}\n" for path in there), "after": ""}


def test_missing_path_is_no_change(run_module, paths):
    assert run_module(remove_paths, paths=[str(paths["missing"])])["changed"] is False


def test_check_mode_removes_nothing(run_module, tmp_path: Path, paths):
    before = left(tmp_path)
    result = run_module(
        remove_paths, paths=list(map(str, paths.values())), _ansible_check_mode=True
    )
    assert (result["changed"], left(tmp_path)) == (True, before)


def test_failure_names_the_path(run_module):
    assert "/proc/self/stat" in run_module(remove_paths, paths=["/proc/self/stat"])["msg"]
