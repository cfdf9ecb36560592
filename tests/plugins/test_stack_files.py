"""Files of a stack have names that follow from their paths and contents."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.mounted_files import mounted_files
from ansible_collections.subsite.deploy.plugins.filter.stack_files import stack_files


def named(*files: dict) -> list[dict]:
    """Return what a stack needs of entries of file_set."""
    return stack_files(mounted_files(list(files)), "site", "/home/me/site/files")


@pytest.mark.parametrize("kind", ["content", "secret"])
def test_names_of_other_paths_and_contents(kind: str):
    entries = [("/a", "b"), ("/a", "c"), ("/b", "b"), ("/ab", "b"), ("/a", "bb")]
    found = named(*({"dest": dest, kind: text} for dest, text in entries))
    assert len({file["name"] for file in found}) == len(entries)


def test_no_path_and_content_are_another_path_and_content():
    """Docker would give one of the files to both."""
    first, second = named({"dest": "/a", "content": "bc"}, {"dest": "/ab", "content": "c"})
    assert first["name"] != second["name"]


@pytest.mark.parametrize("kind", ["content", "secret"])
def test_empty_file(kind: str):
    """Swarm has none. As a secret, its line break would be hidden in all output of Ansible."""
    (file,) = named({"dest": "/a", kind: ""})
    assert (file["kind"], file["entry"]["content"]) == ("configs", "\n")
