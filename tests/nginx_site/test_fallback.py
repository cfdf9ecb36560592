"""A fallback at a path that the site answers by itself."""

from __future__ import annotations

import pytest
from serving import Nginx, free_ports, running


@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
def test_path_that_browsers_request(nginx_site, server_at, nginx: Nginx, path: str):
    [port] = free_ports(1)
    (nginx.top / "page").mkdir()
    (nginx.top / f"page{path}").write_text("the fallback")
    mount = {"path": "/", "root": f"{nginx.top}/page", "fallback": path}
    names = {"nginx_site_name": "main", "nginx_site_server_names": ["example.org"]}
    site = {**names, "nginx_site_listen": [f"127.0.0.1:{port}"], "nginx_site_mounts": [mount]}
    assert nginx_site.input_errors(site) == []
    nginx.add(nginx_site, site)
    with running(nginx):
        server = server_at(port, nginx.top)
        for requested, status in {path: 200, "/a/route": 200, "/none.js": 404}.items():
            assert server.get(requested).status == status
        for requested in (path, "/a/route"):
            assert server.get(requested).text == "the fallback"
