"""A service at an upstream with https must prove by its certificate that it is the one to ask."""

from __future__ import annotations

import ssl

import pytest
import trustme
from backend import backend
from serving import free_ports, running


@pytest.mark.parametrize(("is_right", "status"), [(True, 200), (False, 500)])
def test_certificate_of_the_service(
    nginx, nginx_site, server_at, tmp_path, is_right: bool, status: int
):
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    (authority if is_right else other).issue_cert("sso.internal").configure_cert(context)
    port, service_port, app_port = free_ports(3)
    with (
        backend(service_port, lambda handler: (200, {}, ""), context),
        backend(app_port, lambda handler: (200, {}, "secret")),
    ):
        service = {
            "path": "/sso",
            "upstreams": [f"https://127.0.0.1:{service_port}"],
            "upstream_tls": {"name": "sso.internal", "ca": f"{tmp_path}/ca.pem"},
            "auth_request": False,
        }
        nginx.add(
            nginx_site,
            {
                "nginx_site_name": "main",
                "nginx_site_server_names": ["example.org"],
                "nginx_site_listen": [f"127.0.0.1:{port}"],
                "nginx_site_auth_request": {"url": "/sso/auth"},
                "nginx_site_mounts": [
                    {"path": "/", "upstreams": [f"127.0.0.1:{app_port}"]},
                    service,
                ],
            },
        )
        with running(nginx):
            assert server_at(port, nginx.top).get("/private").status == status
