"""nginx serves the published files of an app, and no targets of its links (H5).

The app can put no link in the place of its public directory itself: see test_replacement.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from client import ask

PUBLIC = "/var/lib/wsgi/evil/public"
SECRET = "/opt/canary_web/secret.txt"
"""Files that nginx may read, and the app may not."""
BEFORE = f"""
import os
from pathlib import Path
public = Path('{PUBLIC}')
(public / 'static').mkdir(exist_ok=True)
(public / 'static/style.css').write_text('a {{}}')
"""


@pytest.fixture
def publish(host, evil) -> Iterator[Callable[[str], None]]:
    """Return a function that has the app do something with its public directory, for a while."""
    evil.does(BEFORE)

    def run(code: str) -> None:
        evil.does(BEFORE + code)

    yield run
    host.check_output(f"find {PUBLIC} -mindepth 1 -delete")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param(
            "/evil/static/secret.txt",
            "(public / 'static').rename(public / 'away');"
            "(public / 'static').symlink_to('/opt/canary_web')",
            id="static root",
        ),
        *(
            pytest.param(path, f"(public / '{name}').symlink_to('{SECRET}')", id=name)
            for path, name in {
                "/favicon.ico": "favicon.ico",
                "/robots.txt": "robots.txt",
                "/": "index.html",
                "/plain.txt": "plain.txt",
                "/evil/static/plain.txt": "static/plain.txt",
            }.items()
        ),
        pytest.param(
            "/.well-known/secret.txt",
            "(public / '.well-known').symlink_to('/opt/canary_web')",
            id="well-known directory",
        ),
        pytest.param(
            "/favicon.ico/secret.txt",
            "(public / 'favicon.ico').symlink_to('/opt/canary_web')",
            id="icon that is a directory",
        ),
    ],
)
def test_link_is_not_served(publish, path, code):
    """H5."""
    publish(code)
    assert b"CANARY" not in ask(path).body


def test_published_file_is_served(publish):
    publish("")
    assert ask("/evil/static/style.css").text == "a {}"
