"""Entries get a directory, and attributes that they do not set."""

from ansible_collections.subsite.deploy.plugins.filter.under_directory import under_directory


def test_paths_and_attributes():
    files = [{"dest": "a", "content": "x"}, {"dest": "b/c", "content": "y", "mode": "0600"}]
    assert under_directory(files, "/srv", group="shop", mode="0640") == [
        {"dest": "/srv/a", "content": "x", "group": "shop", "mode": "0640"},
        {"dest": "/srv/b/c", "content": "y", "group": "shop", "mode": "0600"},
    ]


def test_absolute_path_starts_from_the_directory():
    assert under_directory([{"dest": "/etc/a"}], "/srv") == [{"dest": "/srv/etc/a"}]


def test_input_is_not_changed():
    file = {"dest": "a"}
    under_directory([file], "/srv", mode="0640")
    assert file == {"dest": "a"}


def test_path_alone_is_an_entry():
    assert under_directory(["media"], "/srv", directory=True) == [
        {"dest": "/srv/media", "directory": True}
    ]
