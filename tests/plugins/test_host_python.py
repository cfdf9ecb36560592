"""A host with an old Python is refused in words, before anything changes."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import host_python

FIRST = ("wsgi_app_info", "nginx_info", "certificate_info")
"""The modules that a role can run first on a host."""


def test_old_python_is_refused(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(host_python.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(host_python.sys, "executable", "/usr/bin/python3")
    with pytest.raises(SystemExit):
        host_python.refuse_old()
    said = json.loads(capsys.readouterr().out)
    assert said["failed"] is True
    assert said["msg"].startswith("This host has Python 3.9.2 (/usr/bin/python3), but ")


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1)])
def test_newer_python_is_not(monkeypatch: pytest.MonkeyPatch, capsys, version: tuple):
    monkeypatch.setattr(host_python.sys, "version_info", version)
    host_python.refuse_old()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", FIRST)
def test_first_modules_ask_before_they_import_anything_else(root: Path, name: str):
    tree = ast.parse((root / f"plugins/modules/{name}.py").read_text())
    lines = [ast.unparse(node) for node in tree.body]
    call = lines.index("host_python.refuse_old()")
    imports = [line for line in lines[:call] if "ansible" in line and "import" in line.split()]
    assert imports == [
        "from ansible_collections.subsite.deploy.plugins.module_utils import host_python"
    ]


@pytest.mark.parametrize(
    "path", ["module_utils/host_python.py", *(f"modules/{n}.py" for n in FIRST)]
)
def test_old_python_can_read_what_refuses_it(root: Path, path: str):
    ast.parse((root / "plugins" / path).read_text(), feature_version=(3, 9))
