"""Files as entries of ConfigMaps and Secrets."""

import re

from ansible_collections.subsite.deploy.plugins.filter.mounted_files import mounted_files

FILES = [
    {"dest": "/srv/r", "directory": True},
    {"dest": "/srv/r/lib/a.py", "content": "a\n"},
    {"dest": "/srv/r/lib_a.py", "content": "b\n"},
    {"dest": "/srv/r/ä b", "secret": "c"},
    {"dest": "/srv/r/empty", "content": ""},
    {"dest": "/srv/r/..x", "content": "d"},
    {"dest": "/srv/link", "link": "/srv/r"},
]


def test_files_only():
    found = mounted_files(FILES, "/srv/r")
    assert [file["path"] for file in found] == ["lib/a.py", "lib_a.py", "ä b", "empty", "..x"]
    assert [file["content"] for file in found] == ["a\n", "b\n", "c", "", "d"]
    assert [file["secret"] for file in found] == [False, False, True, False, False]


def test_keys_are_valid_and_different():
    keys = [file["key"] for file in mounted_files(FILES, "/srv/r")]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"(?!\.\.)[-._a-zA-Z0-9]{1,253}", key) for key in keys)


def test_digest_is_of_the_content():
    (one,), (same,), (other,) = (
        mounted_files([{"dest": f"/{name}", "content": text}])
        for name, text in (("a", "1"), ("b", "1"), ("a", "2"))
    )
    assert one["digest"] == same["digest"] != other["digest"]
