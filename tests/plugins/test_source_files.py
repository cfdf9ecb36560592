"""The files of a local source have the modes and IDs that git gives them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.lookup.source_files import source_files


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/app.py").write_text("app = 1\n")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "link").symlink_to("shop/app.py")
    (tmp_path / "directory").symlink_to("shop")
    return tmp_path


def test_equals_the_list_of_git(source: Path):
    def git(*command: str) -> str:
        return subprocess.run(
            ["git", *command], cwd=source, check=True, capture_output=True, text=True
        ).stdout

    git("init", "--quiet")
    git("add", ".")
    listed = [line.partition("\t") for line in git("ls-files", "--stage").splitlines()]
    assert source_files(str(source)) == {
        path: attributes.rpartition(" ")[0] for attributes, _tab, path in listed
    }


def test_files_that_are_no_source_are_left_out(source: Path):
    before = source_files(str(source))
    (source / "__pycache__").mkdir()
    (source / "__pycache__/app.pyc").touch()
    assert source_files(str(source)) == before


def test_name_need_not_be_utf_8(source: Path):
    (source / os.fsdecode(b"caf\xe9")).touch()
    assert "caf\\xe9" in source_files(str(source))
