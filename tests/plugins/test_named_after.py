"""Paths that are named after something."""

from ansible_collections.subsite.deploy.plugins.filter.named_after import named_after


def test_each_pattern_is_named_after_each_name():
    assert named_after(["/a/*", "/b/x.*.service"], ["one", "two"]) == [
        "/a/one",
        "/b/x.one.service",
        "/a/two",
        "/b/x.two.service",
    ]
