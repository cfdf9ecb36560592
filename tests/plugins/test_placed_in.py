"""Files get a place, and rights unless they have their own."""

from ansible_collections.subsite.deploy.plugins.filter.placed_in import placed_in


def test_gives_a_place_and_rights():
    files = [{"dest": "a", "content": "x"}, {"dest": "b/c", "content": "y", "mode": "0600"}]
    assert placed_in(files, "/srv", group="shop", mode="0640") == [
        {"dest": "/srv/a", "content": "x", "group": "shop", "mode": "0640"},
        {"dest": "/srv/b/c", "content": "y", "group": "shop", "mode": "0600"},
    ]


def test_puts_what_has_a_place_below_the_directory():
    assert placed_in([{"dest": "/etc/a"}], "/srv") == [{"dest": "/srv/etc/a"}]


def test_leaves_the_files_as_they_are():
    file = {"dest": "a"}
    placed_in([file], "/srv", mode="0640")
    assert file == {"dest": "a"}


def test_takes_names():
    assert placed_in(["media"], "/srv", directory=True) == [
        {"dest": "/srv/media", "directory": True}
    ]
