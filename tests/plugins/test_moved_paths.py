"""Moved paths, as strings and as regular expressions of nginx."""

from __future__ import annotations

import pytest
from ansible_collections.subsite.deploy.plugins.filter.moved_paths import moved_paths


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("/a", "/b", ('"/a"', False, "/b", 301), id="target alone"),
        pytest.param("/a", {"target": "/b", "code": "308"}, ('"/a"', False, "/b", 308), id="code"),
        pytest.param("/a", {"code": 410}, ('"/a"', False, "", 410), id="gone"),
        pytest.param('/a"\\b', "/b", ('"/a\\"\\\\b"', False, "/b", 301), id="quote, backslash"),
        pytest.param("/a$b", "/$b", ('"/a$b"', False, "/%24b", 301), id="dollar"),
        pytest.param("/" + "a" * 254, "/b", (f'"/{"a" * 254}"', False, "/b", 301), id="255"),
        pytest.param("/" + "a" * 255, "/b", (f'"^/{"a" * 255}$"', True, "/b", 301), id="256"),
        pytest.param("/" + "ü" * 128, "/b", (f'"^/{"ü" * 128}$"', True, "/b", 301), id="bytes"),
        pytest.param(
            "/.$" + "a" * 255, "/b", (f'"^/\\\\.\\\\${"a" * 255}$"', True, "/b", 301), id="escaped"
        ),
    ],
)
def test_entry(path: str, value, expected: tuple):
    [entry] = moved_paths({path: value})
    assert tuple(entry[key] for key in ("condition", "is_long", "target", "code")) == expected
