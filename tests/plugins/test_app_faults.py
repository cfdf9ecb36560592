"""Mounts of apps that the host does not have."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.app_faults import app_faults

AT_API = {"prefix": "/api", "prefix_mode": "script_name", "proxy_fix": True, "listens": True}
APPS = {
    "shop": {**AT_API, "address": "/run/wsgi/shop.sock"},
    "port": {**AT_API, "address": "0.0.0.0:8000"},
    "port6": {**AT_API, "address": "[::]:8000"},
    "new": {
        "address": "/run/wsgi/new.sock",
        "prefix": None,
        "prefix_mode": None,
        "proxy_fix": None,
        "listens": True,
    },
    "rooted": {**AT_API, "address": "/run/wsgi/rooted.sock", "prefix": ""},
    "stopped": {**AT_API, "address": "/run/wsgi/stopped.sock", "listens": False},
    "behind": {**AT_API, "address": "/run/wsgi/behind.sock", "prefix_mode": "strip"},
    "routed": {**AT_API, "address": "/run/wsgi/routed.sock", "prefix_mode": "app"},
    "own": {**AT_API, "address": "/run/wsgi/own.sock", "prefix_mode": "app", "proxy_fix": False},
}


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
    mounts = [{"app": None}, {"app": app, "path": "/api", "strip": False}]
    assert app_faults(mounts, APPS) == ([said] if fault else [])


PREFIX = (
    "this app runs with the prefix {0!r}, and the path of the mount is {1!r}: write path: {2}, "
)
PREFIX += "or deploy the app with wsgi_app_prefix: {3}."


@pytest.mark.parametrize(
    ("app", "path", "strip", "fault"),
    [
        pytest.param("shop", "/api", False, None, id="same"),
        pytest.param("shop", "/shop", False, ("/api", "/shop", "/api", "/shop"), id="another"),
        pytest.param("shop", "/", False, ("/api", "/", "/api", "''"), id="root"),
        pytest.param("shop", "/shop", True, ("/api", "/shop", "/api", "/shop"), id="stripped"),
        pytest.param("rooted", "/", False, None, id="both at the root"),
        pytest.param("rooted", "/api", False, ("", "/api", "/", "/api"), id="app at the root"),
        pytest.param("rooted", "/api", True, None, id="prefix from a header"),
        pytest.param("new", "/api", False, None, id="no release yet"),
        pytest.param("new", "/api", True, None, id="no release yet, stripped"),
        pytest.param("behind", "/api", True, None, id="nginx strips"),
        pytest.param("routed", "/api", False, None, id="app has the prefix"),
        pytest.param("routed", "/b", False, ("/api", "/b", "/api", "/b"), id="app has another"),
        pytest.param("own", "/b", False, None, id="app reads no header"),
    ],
)
def test_prefix(app: str, path: str, strip: bool, fault: tuple | None):
    said = f"nginx_site_mounts[0].app is {app!r}, but {PREFIX.format(*fault or [''] * 4)}"
    mounts = [{"app": app, "path": path, "strip": strip}]
    assert app_faults(mounts, APPS) == ([said] if fault else [])


@pytest.mark.parametrize(
    ("app", "strip", "fault"),
    [
        pytest.param(
            "shop",
            True,
            "nginx strips the prefix '/api', which this app expects in the path "
            "(wsgi_app_prefix_mode is 'script_name'): remove strip.",
            id="wrapper strips, too",
        ),
        pytest.param(
            "routed",
            True,
            "nginx strips the prefix '/api', which this app expects in the path "
            "(wsgi_app_prefix_mode is 'app'): remove strip.",
            id="app has the prefix",
        ),
        pytest.param(
            "behind",
            False,
            "nothing strips the prefix '/api', which this app does not expect in the path "
            "(wsgi_app_prefix_mode is 'strip'): write strip: true.",
            id="nothing strips",
        ),
    ],
)
def test_strip(app: str, strip: bool, fault: str):
    mounts = [{"app": app, "path": "/api", "strip": strip}]
    assert app_faults(mounts, APPS) == [f"nginx_site_mounts[0].app is {app!r}, but {fault}"]


def test_socket_without_a_listener():
    [said] = app_faults([{"app": "stopped", "path": "/api", "strip": False}], APPS)
    assert said.endswith("listens at its socket: systemctl start wsgi-stopped.socket")
    mounts = [{"app": "stopped", "path": "/api", "strip": False}]
    assert app_faults(mounts, APPS, must_listen=False) == []
