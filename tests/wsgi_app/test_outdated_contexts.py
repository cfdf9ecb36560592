"""Which releases stay in the directory that Compose, a stack or a cluster is deployed from."""

from __future__ import annotations

import pytest

NEWEST_FIRST = ["new", "bad2", "bad1", "current", "previous", "old"]


@pytest.mark.parametrize(
    ("in_use", "most", "outdated"),
    [
        pytest.param([], 3, ["current", "previous", "old"], id="newest"),
        pytest.param(["", ""], 3, ["current", "previous", "old"], id="none is in use"),
        pytest.param(["current", "previous"], 3, ["bad2", "bad1", "old"], id="those in use"),
        pytest.param(["current", "previous"], 4, ["bad1", "old"], id="those in use and others"),
        pytest.param(["current", "previous"], 2, ["previous", "bad2", "bad1", "old"], id="fewer"),
    ],
)
def test_outdated(wsgi_app, inputs, in_use: list[str], most: int, outdated: list[str]):
    """Releases that did not work are newer than the one that serves, and do not replace it."""
    files = [{"path": f"/releases/{name}", "mtime": -age} for age, name in enumerate(NEWEST_FIRST)]
    found = wsgi_app.value(
        "__wsgi_app_context_outdated",
        {
            **inputs,
            "wsgi_app_keep_releases": most,
            "__wsgi_app_release": "new",
            "__wsgi_app_context_releases": {"files": files},
            "__wsgi_app_releases_in_use": in_use,
        },
    )
    assert found == [f"/releases/{name}" for name in outdated]
