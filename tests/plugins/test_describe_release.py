"""The description of a release, which only root can read."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils import layout
from ansible_collections.subsite.deploy.plugins.modules import describe_release

SETTINGS = {"workers": "2"}


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of the releases ``old`` and ``new``."""
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    for name in ("old", "new"):
        (tmp_path / "shop/releases" / name).mkdir(parents=True)
    return tmp_path / "shop/releases"


@pytest.fixture
def describe(run_module, releases):
    def describe(release: str, replaced: str = "", **more: object) -> dict:
        return run_module(describe_release, name="shop", release=release, replaced=replaced, **more)

    return describe


@pytest.fixture
def old(describe) -> None:
    describe(
        "old", description={"settings": SETTINGS}, fingerprints={"secrets": {"API_KEY": "f00f00"}}
    )


def test_only_root_can_read_it(old, releases: Path):
    status = (releases / "old/description.json").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o600)


def test_first_release_shows_all(describe):
    result = describe("old", description={"settings": SETTINGS})
    assert (result["changed"], result["changes"]) == (True, [])
    assert (result["diff"]["before"], result["diff"]["after"]) == ("", "setting workers: 2\n")


def test_change_of_a_secret_shows_its_name_alone(old, describe):
    result = describe(
        "new",
        "old",
        description={"settings": SETTINGS},
        fingerprints={"secrets": {"API_KEY": "ba5ba5"}},
    )
    assert result["changes"] == [{"kind": "secret", "name": "API_KEY", "change": "changed"}]
    assert "f00f00" not in json.dumps(result) and "ba5ba5" not in json.dumps(result)


def test_rollback_compares_what_is_stored(old, describe):
    describe("new", "old", description={"settings": {"workers": "4"}})
    result = describe("old", "new")
    assert not result["changed"]
    assert result["diff"]["after"] == "setting workers: 2\n"
    assert [change["after"] for change in result["changes"]] == ["2"]


def test_check_mode_compares_and_writes_nothing(old, describe, releases: Path):
    result = describe(
        "new", "old", description={"settings": {"workers": "4"}}, _ansible_check_mode=True
    )
    assert (result["changed"], result["diff"]["after"]) == (True, "setting workers: 4\n")
    assert not (releases / "new/description.json").exists()


def test_release_that_starts_again_differs_in_nothing(old, describe):
    result = describe(
        "old", description={"settings": SETTINGS}, fingerprints={"secrets": {"API_KEY": "f00f00"}}
    )
    assert (result["changed"], result["diff"]["before"]) == (False, result["diff"]["after"])


def test_release_without_a_description_is_not_compared(describe):
    result = describe("new", "old", description={"settings": SETTINGS})
    assert (result["changes"], result["diff"]["after"]) == ([], "")


@pytest.mark.parametrize(
    ("commit", "kept"),
    [
        pytest.param("9c2ea81", {"app.py": "100644 1"}, id="same commit"),
        pytest.param("1111111", None, id="another commit"),
    ],
)
def test_source_files_of_the_same_commit_are_kept(describe, releases: Path, commit: str, kept):
    files = {"app.py": "100644 1"}
    settings = {"source.commit": "9c2ea81"}
    describe("old", description={"settings": settings, "source_files": files})
    describe("new", "old", description={"settings": {"source.commit": commit}})
    stored = json.loads((releases / "new/description.json").read_text())
    assert stored.get("source_files") == kept


def test_versions_of_installed_packages(old, describe, releases: Path):
    for path in ("venv/lib/python3.13/site-packages/Flask-3.1.0", "lib/my_shop-1.4"):
        (releases / "new" / f"{path}.dist-info").mkdir(parents=True)
    result = describe(
        "new", "old", description={"settings": SETTINGS}, requirement="My.Shop[mail]>=1.2"
    )
    assert result["installed"] == "1.4"
    stored = json.loads((releases / "new/description.json").read_text())
    assert stored["packages"] == {"flask": "3.1.0", "my-shop": "1.4"}


@pytest.mark.parametrize("requirement", ["", "/srv/shop.whl", "other"])
def test_requirement_that_is_not_installed(old, describe, requirement: str):
    result = describe("new", "old", description={}, requirement=requirement)
    assert result["installed"] == ""


def test_environment_variables_are_not_logged(monkeypatch, describe):
    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _, text, **more: logged.append(text))
    describe("old", description={"environment": {"TOKEN": "CANARY"}})
    assert logged == []
