"""A deploy of a local source says what is left out. Other such files make no other release."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

TEXT = "lookup('ansible.builtin.template', 'left_out.txt.j2') | trim"
REVISION = (
    "lookup('subsite.deploy.directory_digest', __wsgi_app.source.path, "
    "left_out=__wsgi_app_left_out, added=__wsgi_app_version_files)"
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in ("app.py", ".env", "db.sqlite3", "docs/page.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    (tmp_path / ".gitignore").write_text(".env\n*.sqlite3\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


@pytest.fixture
def value(wsgi_app, inputs: dict, source: Path):
    def value(variable: str, *exclude: str):
        local = {"type": "local", "path": str(source), "exclude": list(exclude)}
        return wsgi_app.value(variable, {**inputs, "wsgi_app_source": local})

    return value


def test_names_are_said(value):
    assert value(TEXT).splitlines()[0] == "Not in the release: .env, db.sqlite3."
    said = value(TEXT, "/docs/", "!.env")
    assert said.splitlines()[0] == "Not in the release: db.sqlite3, docs."
    assert '"!/db.sqlite3" to wsgi_app_source.exclude' in said


def test_advice_is_right(value):
    assert value("__wsgi_app_left_out", "!/.env") == ["db.sqlite3"]


def test_ten_names_are_enough(value, source: Path):
    for number in range(20):
        (source / f"{number:02}.sqlite3").touch()
    first = value(TEXT).splitlines()[0]
    assert first.endswith("08.sqlite3 and 12 more.")


def test_release_is_the_same_with_other_ignored_files(value, source: Path):
    before = value(REVISION)
    (source / "db.sqlite3").write_text("2")
    (source / "more.sqlite3").touch()
    assert value(REVISION) == before
    (source / "app.py").write_text("2")
    assert value(REVISION) != before


def test_listed_files_are_those_of_the_release(value):
    files = value("__wsgi_app_source_kind.files.source_files", "/docs/")
    assert list(files) == [".gitignore", "app.py"]
