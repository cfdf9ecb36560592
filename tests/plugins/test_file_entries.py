"""Entries of the module file_set, made from a dictionary of contents."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.file_entries import file_entries


@pytest.mark.parametrize(
    ("contents", "directory", "attributes", "entries"),
    [
        pytest.param({}, "/srv", {}, [], id="no file"),
        pytest.param(
            {"b": "1", "a/c": "2"},
            "/srv",
            {},
            [{"dest": "/srv/b", "content": "1"}, {"dest": "/srv/a/c", "content": "2"}],
            id="relative paths in their order",
        ),
        pytest.param(
            {"/etc/a": "1"}, "", {}, [{"dest": "/etc/a", "content": "1"}], id="no directory"
        ),
        pytest.param(
            {"/etc/a": "1"},
            "/srv",
            {},
            [{"dest": "/srv/etc/a", "content": "1"}],
            id="absolute path in a directory",
        ),
        pytest.param(
            {"a": "1", "b": "2"},
            "/srv",
            {"group": "shop", "mode": "0640"},
            [
                {"dest": "/srv/a", "content": "1", "group": "shop", "mode": "0640"},
                {"dest": "/srv/b", "content": "2", "group": "shop", "mode": "0640"},
            ],
            id="attributes of all",
        ),
    ],
)
def test_entries(contents: dict, directory: str, attributes: dict, entries: list[dict]):
    assert file_entries(contents, directory, **attributes) == entries
