"""The scanner that ``Nginx.add`` has read each site of these tests can find something."""

import pytest
from scanner import EXCEPTIONS, findings

SERVER = "server_tokens off; listen 80;"


@pytest.mark.parametrize(
    ("directives", "check"),
    [
        pytest.param("return 302 http://example.org$uri;", "http_splitting", id="header"),
        pytest.param("location /i { alias /srv/i/; }", "alias_traversal", id="way out"),
        pytest.param("location / { proxy_pass http://$arg_x; }", "ssrf", id="any upstream"),
        pytest.param("server_tokens on;", "version_disclosure", id="version"),
        pytest.param("location /s { stub_status; }", "status_page_exposed", id="figures"),
    ],
)
def test_finds(directives: str, check: str):
    [found] = findings(f"server {{ {SERVER} {directives} }}")
    assert found.startswith(f"{check}: ")


def test_has_nothing_against_the_least():
    assert findings(f"server {{ {SERVER} }}") == []


def test_exceptions_are_needed(nginx_site, certificate):
    mounts = [{"path": "/", "root": "/srv/www", "fallback": "/x"}, {"path": "/a", "app": "a"}]
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_tls": certificate,
        "nginx_site_allow": ["10.0.0.0/8"],
        "nginx_site_mounts": mounts,
    }
    [text] = [
        text for text in nginx_site.texts("__nginx_site_files", site).values() if "server {" in text
    ]
    assert {found.partition(":")[0] for found in findings(text, all_of_them=True)} == set(
        EXCEPTIONS
    )
