"""Programs in the way of real ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable]:
    """Return a function that puts a program in a real one's way.

    It notes what it is asked and goes on with its own text; what comes back tells what it noted.
    """
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")

    def program(name: str, text: str = "") -> Callable[[], list[list[str]]]:
        notes, path = tmp_path / f"{name}.notes", tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "#!/usr/bin/env python3\nimport json, os, sys\n"
            f"open({str(notes)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n{text}"
        )
        path.chmod(0o755)
        notes.touch()
        return lambda: [json.loads(line) for line in notes.read_text().splitlines()]

    return program


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings of modules, which Ansible shows at once in a process of the controller."""
    texts: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: texts.append(text))
    return texts
