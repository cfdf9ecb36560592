"""A host that is as it should be is left alone."""

from __future__ import annotations


def test_check_mode_has_nothing_to_say(play):
    run = play("converge.yml", "--check", "--diff")
    assert (run.message, run.changed, run.diffs) == ("", 0, [])
