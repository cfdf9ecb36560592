"""The list of releases, as text."""

from __future__ import annotations

import pytest

ANNA = {"user": "anna", "host": "laptop"}
BERT = {"user": "bert", "host": "ci"}


def entry(release: str, **more: object) -> dict:
    """Return a release as the module returns it."""
    deployment = {"how": "deploy", "by": ANNA, "replaced": "ccc", "source": {}}
    return {
        "release": release,
        "deployed": "2026-11-22 21:59:50",
        "source": "local",
        "revision": "239c105c",
        "changes": [],
        "deployment": deployment,
        **more,
    }


@pytest.fixture
def listed(wsgi_app, inputs):
    """Return a function that lists releases of the shop."""

    def show(*releases: dict, **found: object) -> list[str]:
        result = {
            "releases": list(releases),
            "current": "aaa",
            "serving_since": "2026-11-22 21:59:54",
            "pin": None,
            **found,
        }
        text = wsgi_app.value(
            "lookup('ansible.builtin.template', 'releases.txt.j2')",
            {**inputs, "__wsgi_app_found": result},
        )
        return [line.strip() for line in text.splitlines()]

    return show


def test_no_release(listed):
    assert listed(current="") == ["There is no release of shop on this host."]


def test_current_release(listed):
    current, by, *_ = listed(entry("aaa"), entry("bbb"))
    assert current == (
        "* aaa  deployed 2026-11-22 21:59:50 UTC from local 239c105c, "
        "current since 2026-11-22 21:59:54 UTC"
    )
    assert by == "deployed by anna on laptop"


def test_release_that_is_not_current(listed):
    lines = listed(entry("aaa"), entry("bbb"))
    assert "bbb  deployed 2026-11-22 21:59:50 UTC from local 239c105c" in lines


def test_release_that_has_not_been_healthy_yet(listed):
    first, *others = listed(entry("aaa", deployment={}), serving_since="")
    assert "current since" not in first
    assert others == []


def test_release_after_a_rollback(listed):
    rollback = {"how": "rollback", "by": BERT, "replaced": "bbb", "source": {}}
    rollback["at"] = "2026-11-23 08:00:00"
    assert "rolled back from bbb 2026-11-23 08:00:00 UTC by bert on ci" in listed(
        entry("aaa", deployment=rollback)
    )


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(
            {"commit": "9c2ea81" + "0" * 33, "subject": "Fix the cart", "dirty": False},
            'commit 9c2ea8100000 "Fix the cart"',
            id="local",
        ),
        pytest.param(
            {"commit": "9c2ea81" + "0" * 33, "subject": "Fix the cart", "dirty": True},
            'commit 9c2ea8100000 "Fix the cart", with changes that are not committed',
            id="local with changes",
        ),
        pytest.param(
            {"commit": "9c2ea81" + "0" * 33, "subject": "Fix the cart", "version": "v1.4"},
            'commit 9c2ea8100000 "Fix the cart", requested as v1.4',
            id="git",
        ),
        pytest.param(
            {"requirement": "shop>=1", "installed": "1.4"}, "shop>=1, version 1.4", id="package"
        ),
        pytest.param({"requirement": "shop>=1", "installed": ""}, "shop>=1", id="package in image"),
        pytest.param({"image": "example.org/shop:1.4"}, "image example.org/shop:1.4", id="image"),
    ],
)
def test_source_in_words(listed, source: dict, line: str):
    deployment = {"how": "deploy", "by": ANNA, "replaced": "", "source": source}
    assert line in listed(entry("aaa", deployment=deployment))


def test_changes(listed):
    changes = [{"kind": "secret", "name": "API_KEY", "change": "changed"}]
    assert "changes: secret API_KEY" in listed(entry("aaa", changes=changes))


def test_pin(listed):
    pin = {"release": "aaa", "at": "2026-11-23 08:00:00", "by": BERT}
    first, *_ = listed(entry("aaa"), pin=pin)
    assert first == (
        "shop is pinned to aaa since 2026-11-23 08:00:00 UTC, by bert on ci: a deploy leaves it "
        "there. The playbook subsite.deploy.unpin lifts the pin."
    )
