"""The project is imported from its source; its build adds what the source lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import imported_source
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from wheels import write

SOURCE = {
    "pyproject.toml": "",
    "bin/deploy": "theirs",
    "shop/__init__.py": "source",
    "shop/templates/page.html": "",
}


def files_below(top: Path) -> set[str]:
    return {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "source", SOURCE)
    return tmp_path / "source"


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    """What a build has installed."""
    installed = {
        "bin/shop": "command",
        "shop-1.dist-info/METADATA": "",
        "shop/__init__.py": "built",
        "shop/__pycache__/x.pyc": "",
        "shop/_speed.so": "compiled",
        "shop/made/__init__.py": "generated",
        "other/__init__.py": "elsewhere",
        "_speed.so": "compiled",
    }
    write(tmp_path / "lib", installed)
    return tmp_path / "lib"


def test_only_what_the_source_lacks_stays(root: Path, lib: Path):
    imported_source.leave_generated(lib, [root])
    assert files_below(lib) == {
        "bin/shop",
        "shop-1.dist-info/METADATA",
        "shop/_speed.so",
        "shop/made/__init__.py",
        "other/__init__.py",
        "_speed.so",
    }


def test_what_was_made_for_a_package_is_placed_in_it(root: Path, lib: Path):
    imported_source.leave_generated(lib, [root])
    imported_source.place(lib, [root])
    assert files_below(root) == {*SOURCE, "shop/_speed.so", "shop/made/__init__.py"}
    assert (root / "shop/__init__.py").read_text() == "source"
    assert files_below(lib) == {
        "bin/shop",
        "shop-1.dist-info/METADATA",
        "other/__init__.py",
        "_speed.so",
    }


def test_placing_again_changes_nothing(root: Path, lib: Path):
    """An interrupted build is repeated in the same release."""
    for text in ("first", "second"):
        write(lib, {"shop/_speed.so": text})
        imported_source.place(lib, [root])
    assert (root / "shop/_speed.so").read_text() == "first"


def test_links_are_refused(root: Path, lib: Path):
    (lib / "shop/planted").symlink_to("../../../etc/passwd")
    with pytest.raises(BuildError, match="has made a link, 'planted'"):
        imported_source.place(lib, [root])
    assert not (root / "shop/planted").is_symlink()
