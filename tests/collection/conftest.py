"""Inputs of an app and of a site that work in containers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

APP = {
    "wsgi_app_name": "shop",
    "wsgi_app_listen": "/run/wsgi/shop.sock",
    "wsgi_app_network": "none",
    "wsgi_app_sandbox": {},
}
SITE = {
    "nginx_site_name": "main",
    "nginx_site_listen": [80],
    "nginx_site_tls": {"mode": "none"},
    "nginx_site_status_listen": "",
    "nginx_site_mounts": [{"path": "/api", "app": "shop"}],
}


@pytest.fixture
def app_inputs(wsgi_app) -> Callable[..., Any]:
    """Return a function that completes the inputs of the app with other settings."""
    return lambda **settings: wsgi_app.resolve({**APP, **settings})


@pytest.fixture
def site_inputs(nginx_site) -> Callable[..., Any]:
    """Return a function that completes the inputs of the site with other settings."""
    return lambda **settings: nginx_site.resolve({**SITE, **settings})
