"""A second run changes nothing."""

from __future__ import annotations

from controller import play


def test_check_mode_changes_nothing():
    run = play("converge.yml", "--check", "--diff")
    assert (run.succeeded, run.changed, run.differences) == (True, 0, [])
