"""Names replace the star of each pattern."""

from ansible_collections.subsite.deploy.plugins.filter.expand_patterns import expand_patterns


def test_each_pattern_is_expanded_for_each_name():
    assert expand_patterns(["/a/*", "/b/x.*.service"], ["one", "two"]) == [
        "/a/one",
        "/b/x.one.service",
        "/a/two",
        "/b/x.two.service",
    ]
