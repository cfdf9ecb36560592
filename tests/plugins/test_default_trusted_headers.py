"""Forwarded headers that are trusted by default."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.default_trusted_headers import (
    PRESETS,
    default_trusted_headers,
)


@pytest.mark.parametrize(
    ("preset", "further", "headers"),
    [
        pytest.param("none", {}, ["proto", "for"], id="no preset"),
        pytest.param("apache", {}, ["proto", "for", "host"], id="preset"),
        pytest.param("apache", {"public_url": "https://example.org"}, ["for"], id="public URL"),
        pytest.param("haproxy", {"proxy_protocol": True}, [], id="PROXY protocol"),
        pytest.param(
            "none",
            {"public_url": "https://example.org", "proxy_protocol": True},
            ["for"],
            id="both",
        ),
    ],
)
def test_headers(preset: str, further: dict, headers: list[str]):
    assert default_trusted_headers(preset, **further) == headers


def test_presets_are_the_choices_of_the_role(nginx_site):
    assert list(PRESETS) == nginx_site.options["nginx_site_proxy_preset"]["choices"]
