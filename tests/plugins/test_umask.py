"""Modules give the modes that they name, whatever umask root has (sudoers(5), login.defs(5))."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import deployments, layout
from ansible_collections.subsite.deploy.plugins.modules import file_set, wsgi_image, wsgi_pin


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


def test_directories_above_a_file_can_be_entered(run_module, tmp_path: Path):
    run_module(file_set, files=[{"dest": f"{tmp_path}/a/b/it", "content": ""}])
    assert modes(tmp_path / "a", tmp_path / "a/b", tmp_path / "a/b/it") == [0o755, 0o755, 0o644]


def test_dependencies_of_an_image_can_be_read(run_module, tmp_path: Path):
    (tmp_path / "source/more").mkdir(parents=True, mode=0o755)
    for name, text in {"requirements.txt": "-r more/a.txt\n", "more/a.txt": "flask\n"}.items():
        (tmp_path / "source" / name).write_text(text)
        (tmp_path / "source" / name).chmod(0o644)
    run_module(wsgi_image, context=str(tmp_path))
    parted = tmp_path / "dependencies"
    assert modes(parted, parted / "more", parted / "more/a.txt") == [0o755, 0o755, 0o644]


def test_pin_closes_no_directory(run_module, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(layout, "ROOT", str(tmp_path / "srv"))
    run_module(wsgi_pin, name="shop", release="aaa", by={"user": "anna", "host": "laptop"})
    assert deployments.pin_of("shop")
    assert modes(tmp_path / "srv", tmp_path / "srv/shop") == [0o755, 0o755]
