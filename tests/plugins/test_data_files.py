"""Entries of the module file_set, made from wsgi_app_files."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.data_files import data_files


@pytest.mark.parametrize(
    ("file", "entry"),
    [
        pytest.param({"content": "1"}, {"content": "1", "mode": "0640"}, id="content"),
        pytest.param({"content": ""}, {"content": "", "mode": "0640"}, id="empty"),
        pytest.param({"secret": "1"}, {"secret": "1", "mode": "0600"}, id="secret"),
        pytest.param({"secret": ""}, {"secret": "", "mode": "0600"}, id="empty secret"),
        pytest.param(
            {"secret": "1", "mode": "0440"}, {"secret": "1", "mode": "0440"}, id="secret with mode"
        ),
    ],
)
def test_entry(file: dict, entry: dict):
    complete = {"dest": "a", "content": None, "secret": None, "mode": None, **file}
    assert data_files([complete]) == [{"dest": "a", **entry}]
