"""The settings of a release by name, and the fingerprints of what must not be readable."""

from __future__ import annotations

import pytest
from ansible_collections.subsite.deploy.plugins.filter.fingerprints import fingerprints
from ansible_collections.subsite.deploy.plugins.filter.release_settings import release_settings


@pytest.mark.parametrize(
    ("inputs", "settings"),
    [
        pytest.param({"workers": 2}, {"workers": "2"}, id="number"),
        pytest.param({"diagnosis": False}, {"diagnosis": "false"}, id="false"),
        pytest.param({"health": {"path": "/"}}, {"health.path": "/"}, id="suboption"),
        pytest.param({"static_paths": ["a", "b"]}, {"static_paths": '["a", "b"]'}, id="list"),
        pytest.param(
            {"processes": [{"name": "worker", "count": 1}]},
            {"processes.worker": '{"count": 1, "name": "worker"}'},
            id="background process",
        ),
        pytest.param({"prefix": "", "limits": {"memory": None}, "files": []}, {}, id="empty"),
        pytest.param(
            {"secrets": {"KEY": "CANARY"}, "registry_login": {"password": "CANARY"}},
            {},
            id="secrets",
        ),
        pytest.param(
            {"source": {"type": "git", "url": "https://me:CANARY@example.org/shop.git"}},
            {"source.type": "git", "source.url": "https://***@example.org/shop.git"},
            id="credentials in a URL",
        ),
        pytest.param({"source": {"path": "/home/anna/shop"}}, {}, id="path of the controller"),
        pytest.param({"backup_directory": "/srv/backups"}, {}, id="directory of backups"),
        pytest.param({"changed": False, "_ansible_no_log": True}, {}, id="result of a task"),
    ],
)
def test_settings(inputs: dict, settings: dict[str, str]):
    assert release_settings(inputs) == settings


def test_fingerprint_depends_on_name_and_value():
    first = fingerprints({"A": "x", "B": "x", "C": "y"})
    assert len(set(first.values())) == 3
    assert fingerprints({"A": "x"}) == {"A": first["A"]}
