"""The tables of variables in the READMEs are those of the specifications."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def reference(root: Path):
    spec = importlib.util.spec_from_file_location("reference", root / "tools/reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_main_readme_has_the_current_table(reference, root: Path):
    text = (root / "README.md").read_text()
    assert "<!-- targets -->" in text
    assert text == reference.main_readme()


@pytest.mark.parametrize("role", ["wsgi_app", "nginx_site"])
def test_readme_has_the_current_tables(reference, root: Path, role: str):
    directory = root / "roles" / role
    assert (directory / "README.md").read_text() == reference.readme(directory)
