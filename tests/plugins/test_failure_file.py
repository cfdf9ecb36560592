"""The output of a failed program, between the module that failed and the report of the run."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import failure_file
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.modules import wsgi_release

OUTPUT = "uv pip install\nerror: it is not there"


@pytest.fixture
def fails(run_module, tmp_path: Path, monkeypatch):
    """Return a function that runs a module whose build fails."""

    def build(release) -> bool:
        raise BuildError(OUTPUT)

    monkeypatch.setattr(wsgi_release.Release, "build", build)
    places = dict.fromkeys(("path", "environments", "cache", "tools"), str(tmp_path))
    return lambda **more: run_module(wsgi_release, user="root", group="root", **places, **more)


def test_message_is_short_and_file_has_the_output(fails, tmp_path: Path):
    path = tmp_path / "failure"
    said = fails(failure_file=str(path))
    assert (said["failed"], said["msg"]) == (True, failure_file.MESSAGE)
    assert failure_file.take(path, since=0) == OUTPUT


def test_only_root_can_read_the_file(fails, tmp_path: Path):
    path = tmp_path / "failure"
    fails(failure_file=str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_file_has_no_value_that_the_module_hides(fails, tmp_path: Path):
    path = tmp_path / "failure"
    fails(failure_file=str(path), build_environment={"TOKEN": "it is not there"})
    assert failure_file.take(path, since=0) == "uv pip install\nerror: ********"


def test_message_has_the_output_without_a_file(fails):
    assert fails()["msg"] == OUTPUT


def test_message_has_the_output_if_the_file_cannot_be_written(fails, tmp_path: Path):
    assert fails(failure_file=str(tmp_path / "missing/failure"))["msg"] == OUTPUT


def test_no_link_is_followed(fails, tmp_path: Path):
    target = tmp_path / "target"
    target.write_text("important")
    (tmp_path / "failure").symlink_to(target)
    assert fails(failure_file=str(tmp_path / "failure"))["msg"] == OUTPUT
    assert target.read_text() == "important"


def test_file_is_taken_once(tmp_path: Path):
    path = tmp_path / "failure"
    path.write_text(OUTPUT)
    assert [failure_file.take(path, since=0) for _time in range(2)] == [OUTPUT, ""]


def test_file_of_an_earlier_run_is_removed_unread(tmp_path: Path):
    path = tmp_path / "failure"
    path.write_text(OUTPUT)
    os.utime(path, (time.time() - 60,) * 2)
    assert failure_file.take(path, since=time.time() - 30) == ""
    assert not path.exists()
