"""A build before any host switches has the inputs of the deploy that follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from minimal import APP


@pytest.fixture
def check(run, root: Path, tmp_path: Path) -> Callable[..., dict]:
    """Return a function that returns the files of an app, or why its inputs are wrong."""

    def check(entry: str, **inputs: object) -> dict:
        copy = tmp_path / "roles/wsgi_app"
        copy.mkdir(parents=True, exist_ok=True)
        for part in ("defaults", "meta"):
            if not (copy / part).exists():
                (copy / part).symlink_to(root / "roles/wsgi_app" / part)
        [first, *_] = yaml.safe_load((root / f"roles/wsgi_app/tasks/{entry}.yml").read_text())
        (copy / "tasks").mkdir(exist_ok=True)
        show = {"debug": {"msg": "{{ __wsgi_app.files }}"}}
        (copy / "tasks/main.yml").write_text(yaml.safe_dump([first, show]))
        play = {"hosts": "localhost", "gather_facts": False, "roles": ["wsgi_app"]}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([{**play, "vars": {**APP, **inputs}}]))
        done = run(
            *("ansible-playbook", "--inventory=localhost,", "--connection=local"),
            tmp_path / "play.yml",
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
        )
        return json.loads(done.stdout)["plays"][0]["tasks"][-1]["hosts"]["localhost"]["msg"]

    return check


def test_same_rules(check):
    said = check("stage", wsgi_app_prefix="/api/")
    assert "wsgi_app_prefix is '/api/': write '/api'." in said
    assert said == check("main", wsgi_app_prefix="/api/")


def test_same_files(check, tmp_path: Path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/shop.conf.j2").write_text("name = {{ wsgi_app_name }}\n")
    files = [{"dest": "conf", "templates": str(tmp_path / "templates")}]
    made = check("stage", wsgi_app_files=files)
    assert [(file["dest"], file["content"]) for file in made] == [
        ("conf/shop.conf", "name = shop\n")
    ]
    assert made == check("main", wsgi_app_files=files)
