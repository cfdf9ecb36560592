"""A public URL has parts."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.origin import origin


@pytest.mark.parametrize(
    ("url", "scheme", "authority", "port", "prefix"),
    [
        pytest.param("https://a.b", "https", "a.b", "443", "", id="https"),
        pytest.param("http://a.b", "http", "a.b", "80", "", id="http"),
        pytest.param("https://a.b:443", "https", "a.b", "443", "", id="default port, spelt out"),
        pytest.param("http://a.b:443", "http", "a.b:443", "443", "", id="default of the other"),
        pytest.param("https://a.b:80", "https", "a.b:80", "80", "", id="default of the one"),
        pytest.param("http://a.b:8000", "http", "a.b:8000", "8000", "", id="port"),
        pytest.param("https://a.b/c/d", "https", "a.b", "443", "/c/d", id="path"),
        pytest.param("https://a.b:81/c", "https", "a.b:81", "81", "/c", id="port and path"),
        pytest.param("https://[::1]", "https", "[::1]", "443", "", id="IPv6"),
        pytest.param("https://[::1]:81/c", "https", "[::1]:81", "81", "/c", id="IPv6 in full"),
        pytest.param("https://A.B/C", "https", "a.b", "443", "/C", id="capitals"),
    ],
)
def test_parts(url: str, scheme: str, authority: str, port: str, prefix: str):
    parts = {"scheme": scheme, "authority": authority, "port": port, "prefix": prefix}
    assert origin(url) == parts


def test_nothing_has_none():
    assert origin("") == {}
