"""Locks that cannot be installed as they are."""

from __future__ import annotations

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import BUILD

ROWS = (
    row(
        r"Required uv version `(?P<wanted>[^`]+)` does not match the running version "
        r"`(?P<has>[^`]+)`",
        "The project wants uv {wanted}, and the role has {has}: change required-version below "
        "[tool.uv], or write the lock with uv export into a file that "
        "wsgi_app_source.requirements names.",
        BUILD,
    ),
    row(
        r"^(?P<lock>\S+) does not match (?P<project>\S+), or cannot be checked\. "
        r"Run '(?P<command>[^']+)'",
        "Run '{command}' in the project, and commit {lock}.",
        BUILD,
    ),
)
