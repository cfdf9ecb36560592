"""A project without the settings that choose versions is otherwise the same."""

import tomllib
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.uv_settings import (
    CHOICES,
    remove_choices,
)
from wheels import write

PYPROJECT = """
title = "a \\"quoted\\" title\\twith a \\\\ and \\u007f, as in Köln 🥖"
[project]
name = "shop"
dependencies = ["cart"]
[tool.uv]
exclude-newer = "7 days"
constraint-dependencies = ["scale<2"]
override-dependencies = ["till>=2"]
no-binary-package = ["lxml"]
[tool.uv.exclude-newer-package]
cart = "2030-01-01T00:00:00Z"
[tool.uv.extra-build-dependencies]
cart = ["setuptools"]
[[tool.uv.index]]
name = "local"
url = "https://pypi.example.org/simple"
explicit = true
[tool."other tool"]
since = 2030-01-01T00:00:00Z
day = 2030-01-01
ratio = 1.5
most = inf
count = 3
"""


def test_all_else_stays(tmp_path: Path):
    write(tmp_path, {"pyproject.toml": PYPROJECT})
    remove_choices(tmp_path, tmp_path)
    wanted = tomllib.loads(PYPROJECT)
    for name in CHOICES:
        del wanted["tool"]["uv"][name]
    assert tomllib.loads((tmp_path / "pyproject.toml").read_text()) == wanted


def test_files_above_are_read_too_but_none_outside(tmp_path: Path):
    text = 'constraint-dependencies = ["scale<2"]\n'
    tree = tmp_path / "tree"
    for directory in (tmp_path, tree, tree / "backend"):
        write(directory, {"uv.toml": text})
    remove_choices(tree, tree / "backend")
    found = [(path / "uv.toml").read_text() for path in (tmp_path, tree, tree / "backend")]
    assert found == [text, "", ""]


def test_target_of_a_link_stays(tmp_path: Path):
    write(tmp_path, {"shared.toml": PYPROJECT})
    (tmp_path / "pyproject.toml").symlink_to("shared.toml")
    remove_choices(tmp_path, tmp_path)
    assert (tmp_path / "shared.toml").read_text() == PYPROJECT
    assert not (tmp_path / "pyproject.toml").is_symlink()


@pytest.mark.parametrize("text", ["# Nothing\n[project]\n", "# uv\n[tool.uv]\npackage = false\n"])
def test_file_without_them_stays(tmp_path: Path, text: str):
    write(tmp_path, {"pyproject.toml": text})
    remove_choices(tmp_path, tmp_path)
    assert (tmp_path / "pyproject.toml").read_text() == text
