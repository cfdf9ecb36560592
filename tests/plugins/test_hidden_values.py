"""Secrets of a release in the output of its programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.filter.environment_file import environment_file
from ansible_collections.subsite.deploy.plugins.module_utils.hidden_values import hide, values_of


@pytest.fixture
def release(tmp_path: Path) -> Path:
    secrets = {
        "TOKEN": 'a "quoted" $token\\n',
        "KEY": "-----BEGIN KEY-----\nMIIEow\n-----END KEY-----\n",
        "DATABASE_URL": "postgresql://shop:p%40ssword@db.example.org/shop",
        "DEBUG": "1",
    }
    (tmp_path / "secrets").write_text(environment_file(secrets))
    (tmp_path / "files").mkdir()
    (tmp_path / "files/shop.ini").write_text("[mail]\npassword = hunter2\n")
    (tmp_path / "files/open.ini").write_text("theme = dark-blue\n")
    (tmp_path / "files.secret").write_text("shop.ini\n")
    return tmp_path


@pytest.mark.parametrize(
    ("output", "hidden"),
    [
        pytest.param('ValueError: a "quoted" $token\\n', "ValueError: …", id="quoted"),
        pytest.param("not base64: MIIEow", "not base64: …", id="line of a key"),
        pytest.param(
            "cannot parse postgresql://shop:p%40ssword@db.example.org/shop",
            "cannot parse …",
            id="URL",
        ),
        pytest.param("FATAL: wrong password p@ssword", "FATAL: wrong password …", id="password"),
        pytest.param("wrong password p%40ssword", "wrong password …", id="quoted password"),
        pytest.param("line 2: 'password = hunter2'", "line 2: '…'", id="line of a secret file"),
        pytest.param("bad value hunter2", "bad value …", id="value in a secret file"),
        pytest.param("theme = dark-blue", "theme = dark-blue", id="other file"),
        pytest.param("line 1 of 10", "line 1 of 10", id="short value"),
    ],
)
def test_values_are_hidden(release, output: str, hidden: str):
    assert hide(output, values_of(release)) == hidden


def test_release_without_secrets_hides_nothing(tmp_path: Path):
    assert values_of(tmp_path) == set()
