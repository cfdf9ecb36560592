"""The largest values that the input errors allow: nginx accepts them."""

from __future__ import annotations

import pytest
from serving import Nginx, free_ports

YEAR = 31536000
NAME = "X" * 46
PATH = "/" + "x" * 253
VALUE = "é${request_method}" + "x" * 2979
APP = {
    "body_size": "1024g",
    "read_timeout": YEAR,
    "cache": {"seconds": YEAR},
    "limits": {"rate": "999999r/s", "burst": 1000000, "send_timeout": YEAR},
    "headers": {NAME: "x" * 3000},
    "response_headers": {NAME: "x" * 3000},
}
CASES = {
    "app": [{"path": PATH, "app": "shop", **APP}],
    "variable": [{"path": "/", "app": "shop", "headers": {NAME: VALUE}}],
    "upstreams": [
        {
            "path": "/",
            "upstreams": [{"address": "10.0.0.1:65535", "weight": 1000}, "10.0.0.2:80"],
            "connect_timeout": YEAR,
        }
    ],
    "service": [
        {
            "path": "/",
            "app": "shop",
            "auth_request": {
                "url": "http://127.0.0.1:80/" + "x" * 980,
                "sign_in": "/" + "x" * 998 + "=",
                "headers": [NAME],
            },
        }
    ],
    "files": [{"path": PATH, "root": "/" + "x" * 999}],
    "redirect": [{"path": PATH, "redirect": "/" + "x" * 999, "below": True}],
    "scripts": [
        {"path": "/", "app": "shop", "cors": {"origins": ["https://a.b"], "headers": [NAME]}}
    ],
}


@pytest.mark.parametrize("mounts", CASES.values(), ids=CASES)
def test_mount(nginx, nginx_site, mounts: list[dict]):
    check(nginx, nginx_site, {"nginx_site_mounts": mounts})


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(
            {
                "nginx_site_limits": {
                    "body_size": "1099511627776",
                    "header_size": "64k",
                    "header_timeout": YEAR,
                    "body_timeout": YEAR,
                    "send_timeout": YEAR,
                    "connections": 65535,
                }
            },
            id="limits",
        ),
        pytest.param(
            {"nginx_site_maintenance": {"retry_after": YEAR, "paths": ["/" + "." * 996 + "x/y"]}},
            id="maintenance",
        ),
        pytest.param(
            {
                "nginx_site_public_url": "https://example.org/" + "x" * 980,
                "nginx_site_redirects": {"/old": "/" + "x" * 2999},
            },
            id="public URL",
        ),
        pytest.param({"nginx_site_response_headers": {NAME: "x" * 3000}}, id="response header"),
    ],
)
def test_site(nginx, nginx_site, settings: dict):
    check(nginx, nginx_site, settings)


def check(nginx: Nginx, nginx_site, settings: dict) -> None:
    """Render the site and let nginx check it."""
    [port] = free_ports(1)
    names = {"nginx_site_name": "x" * 27, "nginx_site_server_names": ["example.org"]}
    site = {**names, "nginx_site_listen": [f"127.0.0.1:{port}"], **settings}
    assert nginx_site.input_errors(site) == []
    nginx.add(nginx_site, site)
    checked = nginx.run("-t")
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
