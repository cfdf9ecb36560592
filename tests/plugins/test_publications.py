"""Which published directories stay."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.publications import publications

PUBLISHED = "/srv/nginx/shop/published"


def result(path: str, name: str, *others: str) -> dict:
    item = {"path": path, "immutable": ["/assets"]}
    return {"item": item, "dest": f"{PUBLISHED}/{name}", "others": [*others]}


@pytest.mark.parametrize(
    ("keep", "names"),
    [
        pytest.param(1, ["+@c", "+@newest"], id="only the current one"),
        pytest.param(2, ["+@c", "+@b", "+@newest"], id="the newest earlier one"),
        pytest.param(9, ["+@c", "+@b", "+@a", "+@newest"], id="all"),
    ],
)
def test_newest_stay(keep: int, names: list[str]):
    assert publications([result("/", "+@c", "+@b", "+@a")], keep) == {"/": names}


def test_mounts_keep_separate_directories():
    """What one mount protects, another one must not serve."""
    results = [
        result("/", "+@b", "+docs@b", "+@a", "+docs@a", "+docs+v2@a"),
        result("/docs", "+docs@b", "+@b", "+@a", "+docs@a", "+docs+v2@a"),
    ]
    assert publications(results, 5) == {
        "/": ["+@b", "+@a", "+@newest"],
        "/docs": ["+docs@b", "+docs@a", "+docs@newest"],
    }


def test_mount_without_immutable_files_needs_one():
    results = [result("/", "+@b", "+@a")]
    results[0]["item"]["immutable"] = []
    assert publications(results, 5) == {"/": ["+@b"]}


def test_link_to_the_newest_is_the_last():
    found = result("/", "+@b", "+@newest", "+@a")
    assert publications([found], 3) == {"/": ["+@b", "+@a", "+@newest"]}


def test_unfinished_copies_are_left_out():
    found = result("/", "+@b", "+@a.partial", "+@a")
    assert publications([found], 5) == {"/": ["+@b", "+@a", "+@newest"]}


class TestPresent:
    """Only what the host had before."""

    @pytest.mark.parametrize(
        ("missing", "names"),
        [
            pytest.param(False, ["+@c", "+@b", "+@newest"], id="current one"),
            pytest.param(True, ["+@b", "+@a", "+@newest"], id="earlier ones"),
        ],
    )
    def test_newest_takes_the_place_of_a_missing_one(self, missing: bool, names: list[str]):
        found = {**result("/", "+@c", "+@b", "+@a"), "missing": missing}
        assert publications([found], 2, present=True) == {"/": names}

    def test_mount_without_any_is_left_out(self):
        found = {**result("/", "+@c", "+docs@a"), "missing": True}
        assert publications([found], 2, present=True) == {}
