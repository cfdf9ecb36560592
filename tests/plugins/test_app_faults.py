"""Mounts of apps that the host does not have."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.app_faults import app_faults

APPS = {"shop": "/run/wsgi/shop.sock", "port": "0.0.0.0:8000", "port6": "[::]:8000"}


@pytest.mark.parametrize(
    ("app", "fault"),
    [
        pytest.param(None, None, id="other mount"),
        pytest.param("shop", None, id="app of the host"),
        pytest.param("shpo", "the host has no such app: do you mean 'shop'?", id="misspelt"),
        pytest.param("blog", "the host has no such app: deploy the app first.", id="unknown"),
        pytest.param(
            "port",
            "this app listens at 0.0.0.0:8000: write upstreams: ['127.0.0.1:8000'] instead of app.",
            id="other address",
        ),
        pytest.param(
            "port6",
            "this app listens at [::]:8000: write upstreams: ['[::1]:8000'] instead of app.",
            id="other IPv6 address",
        ),
    ],
)
def test_app(app: str | None, fault: str | None):
    said = f"nginx_site_mounts[1].app is {app!r}, but {fault}"
    mounts = [{"app": None}, {"app": app}]
    assert app_faults(mounts, APPS) == ([said] if fault else [])
