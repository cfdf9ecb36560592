"""Whether others than root can change what a path leads to."""

import os
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.changeable_path import (
    changeable_parent,
    changeable_part,
)

USER = 65534


@pytest.fixture
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of root's, below /tmp: only its owner can rename what is root's there."""
    top = tmp_path_factory.mktemp("top")
    top.chmod(0o755)
    return top


def test_nothing_of_root_s_is_changeable(top: Path):
    (top / "python").touch()
    assert changeable_part(f"{top}/python") == ""


def test_interpreter_of_the_distribution_is_root_s():
    assert changeable_part("/usr/bin/python3") == ""


@pytest.mark.parametrize(
    ("uid", "gid", "mode"),
    [
        pytest.param(USER, 0, 0o755, id="owner"),
        pytest.param(0, USER, 0o775, id="group"),
        pytest.param(0, 0, 0o757, id="everybody"),
    ],
)
def test_directory_that_others_can_write_is_named(top: Path, uid: int, gid: int, mode: int):
    directory = top / "directory"
    (directory / "bin").mkdir(parents=True)
    os.chown(directory, uid, gid)
    directory.chmod(mode)
    assert changeable_part(f"{directory}/bin/python") == str(directory)
    assert changeable_parent(f"{directory}/bin") == str(directory)


def test_group_root_is_trusted(top: Path):
    top.chmod(0o775)
    assert changeable_part(str(top)) == ""


def test_name_of_another_in_a_directory_for_all_is_named(top: Path):
    top.chmod(0o1777)
    (top / "media").mkdir()
    os.chown(top / "media", USER, USER)
    assert changeable_parent(f"{top}/media") == f"{top}/media"


def test_path_may_be_another_s_itself(top: Path):
    (top / "media").mkdir()
    os.chown(top / "media", USER, USER)
    assert changeable_parent(f"{top}/media") == ""
    assert changeable_part(f"{top}/media") == f"{top}/media"


def test_link_of_root_s_is_followed(top: Path):
    (top / "real").mkdir()
    os.chown(top / "real", USER, USER)
    (top / "link").symlink_to("real")
    assert changeable_parent(f"{top}/link/x") == f"{top}/real"


def test_link_of_another_is_named(top: Path):
    (top / "link").symlink_to("/usr")
    os.chown(top / "link", USER, USER, follow_symlinks=False)
    assert changeable_part(f"{top}/link/bin/python3") == f"{top}/link"


def test_circle_of_links_is_named(top: Path):
    (top / "a").symlink_to("b")
    (top / "b").symlink_to("a")
    assert changeable_part(f"{top}/a") in {f"{top}/a", f"{top}/b"}


def test_what_is_not_there_is_root_s_to_make(top: Path):
    assert changeable_part(f"{top}/none/at/all") == ""


def test_what_everybody_can_make_is_named(top: Path):
    top.chmod(0o1777)
    assert changeable_part(f"{top}/none/at/all") == f"{top}/none"
    assert changeable_parent(f"{top}/none") == f"{top}/none"


def test_path_through_a_file_is_not_there(top: Path):
    (top / "file").touch()
    assert changeable_part(f"{top}/file/below") == ""
