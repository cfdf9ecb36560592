"""Where the modules of a source on the controller are."""

from pathlib import Path

from ansible.plugins.loader import lookup_loader
from wheels import write


def test_modules_of_a_project(tmp_path: Path):
    files = {"back/src/shop/__init__.py": "", "back/pyproject.toml": "[build-system]\n"}
    write(tmp_path, files)
    lookup = lookup_loader.get("subsite.deploy.has_src")
    found = [lookup.run([str(tmp_path)], directory=name) for name in ("back", "")]
    assert found == [[True], [False]]
