"""What describes a release does not decide its name, and has no secret in it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

SECRET = "CANARY-7d3c"


@pytest.fixture
def value(wsgi_app, inputs, tmp_path: Path):
    """Return a function that returns a variable of an app with a local source."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source/app.py").write_text("app = 1\n")

    def evaluate(variable: str, **more: object) -> object:
        given = {
            **inputs,
            "wsgi_app_source": {"type": "local", "path": str(tmp_path / "source")},
            "wsgi_app_environment": {"LOG_LEVEL": "info"},
            "wsgi_app_secrets": {"API_KEY": SECRET},
            "wsgi_app_files": [{"dest": "settings.ini", "content": SECRET}],
            "__wsgi_app_described": {"changes": [], "installed": ""},
            **more,
        }
        return wsgi_app.value(variable, given)

    return evaluate


def test_kinds(value):
    description = value("__wsgi_app_description")
    assert description["environment"] == {"LOG_LEVEL": "info"}
    assert description["settings"]["workers"] == "2"
    assert description["settings"]["version of Python"] == "3.13"
    assert "gunicorn>=23" in description["requirements"]
    assert list(description["source_files"]) == ["app.py"]


def test_secrets_are_fingerprints_and_apart(value):
    assert SECRET not in json.dumps(value("__wsgi_app_description"))
    fingerprints = value("__wsgi_app_fingerprints")
    assert SECRET not in json.dumps(fingerprints)
    assert (list(fingerprints["secrets"]), list(fingerprints["files"])) == (
        ["API_KEY"],
        ["settings.ini"],
    )


def test_work_tree_and_user_do_not_decide_the_name(value, tmp_path: Path, monkeypatch):
    before = value("__wsgi_app_recipe"), value("__wsgi_app_deployment")
    for command in ("init --quiet", "add .", "-c user.name=A -c user.email=a@b commit -qm Begin"):
        subprocess.run(["git", *command.split()], cwd=tmp_path / "source", check=True)
    monkeypatch.setenv("GITHUB_ACTOR", "anna")
    after = value("__wsgi_app_recipe"), value("__wsgi_app_deployment")
    assert after[0] == before[0]
    assert (after[1]["by"]["user"], after[1]["source"]["subject"]) == ("anna", "Begin")


@pytest.mark.parametrize(
    ("source", "more", "words"),
    [
        pytest.param(
            {"type": "git", "url": "https://example.org/shop.git", "version": "v1.4"},
            {"__wsgi_app_revision": "9c2e", "__wsgi_app_checkout": {"subject": "Fix"}},
            {"commit": "9c2e", "subject": "Fix", "version": "v1.4"},
            id="git",
        ),
        pytest.param(
            {"type": "pip", "requirement": "shop>=1"},
            {"__wsgi_app_described": {"changes": [], "installed": "1.4"}},
            {"requirement": "shop>=1", "installed": "1.4"},
            id="pip",
        ),
        pytest.param(
            {"type": "image", "ref": "example.org/shop:1.4"},
            {"wsgi_app_backend": "podman", "__wsgi_app_revision": "sha256:12"},
            {"image": "example.org/shop:1.4", "digest": "sha256:12"},
            id="image",
        ),
        pytest.param(
            {"type": "image", "archive": "/home/me/shop.tar"},
            {"wsgi_app_backend": "podman", "__wsgi_app_revision": "sha256:12"},
            {"image": "shop.tar", "digest": "sha256:12"},
            id="archive",
        ),
    ],
)
def test_source_in_words(value, source: dict, more: dict, words: dict):
    found = value("__wsgi_app_deployed_source", wsgi_app_source=source, **more)
    assert {key: found[key] for key in words} == words


def test_source_of_a_rollback_is_recorded_already(value):
    assert "source" not in value("__wsgi_app_deployment", __wsgi_app_switch={"is_rollback": True})
