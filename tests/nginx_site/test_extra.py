"""Lines of the user in nginx's configuration: they work, and cannot undo what the role promises."""

from __future__ import annotations

import os
import subprocess

import pytest
from minimal import SITE

MAP = 'map $arg_lang $main_language {\n    de German;\n    default "not }; known";\n}\n'


@pytest.fixture(scope="module")
def site(serve_each, server):
    mounts = [
        {"path": "/", "root": f"{server.top}/page", "extra": "limit_except GET { deny all; }"},
        {"path": "/api", "upstreams": [f"{server.top}/api.sock"], "extra": "set $team blue;\n"},
    ]
    settings = {
        "nginx_site_mounts": mounts,
        "nginx_site_https_redirect": False,
        "nginx_site_response_headers": {"X-Frame-Options": "DENY"},
        "nginx_site_hsts": {"max_age": 60},
        "nginx_site_http_extra": MAP,
        "nginx_site_extra": (
            "location = /lang {\n    # of the user\n    return 200 $main_language;\n}\n"
            "location /own/ {\n"
            f"    proxy_pass http://unix:{server.top}/api.sock:/api/;\n"
            "}"
        ),
    }
    with serve_each({"extra": settings}) as served:
        yield served["https"]["extra"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("/lang?lang=de", "German", id="map"),
        pytest.param("/lang", "not }; known", id="quoted text"),
    ],
)
def test_lines_of_the_server_and_of_http(site, path: str, text: str):
    answer = site.get(path)
    assert (answer.status, answer.text) == (200, text)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Strict-Transport-Security"] == "max-age=60"


def test_lines_of_a_mount(site):
    assert site.get("/").status == 200
    assert site.ask("POST / HTTP/1.1", "Host: example.org", "Content-Length: 0").status == 403


def test_app_in_a_location_of_the_user_gets_no_forged_header(site):
    received = site.get("/own/", "X-Forwarded-Host: evil.example", "X-Original-Url: /x").received
    assert received["HTTP_X_FORWARDED_HOST"] == "example.org:8000"
    assert "HTTP_X_ORIGINAL_URL" not in received


LOSES = "a block that has this directive loses those of the site"
REFUSED = [
    pytest.param("add_header X-A b;", "'add_header' in line 1: " + LOSES, id="add_header"),
    pytest.param(
        "location /x {\n  add_header X-A b;\n}",
        "'add_header' in line 2: " + LOSES,
        id="in a block of the user",
    ),
    pytest.param("proxy_set_header Host x;", "'proxy_set_header' in line 1: " + LOSES, id="header"),
    pytest.param("\n\nset_real_ip_from 0.0.0.0/0;", "'set_real_ip_from' in line 3: ", id="trust"),
    pytest.param("proxy_redirect default;", "'proxy_redirect' in line 1: ", id="redirects"),
    pytest.param("error_page 404 /x;", "'error_page' in line 1: " + LOSES, id="error page"),
    pytest.param("underscores_in_headers on;", "'underscores_in_headers' in line 1", id="names"),
]


@pytest.mark.parametrize(("text", "error"), REFUSED)
@pytest.mark.parametrize("place", ["nginx_site_extra", "nginx_site_http_extra", "mount"])
def test_directive_that_undoes_a_promise(nginx_site, place: str, text: str, error: str):
    if place == "mount":
        place = "nginx_site_mounts[0].extra"
        settings = {"nginx_site_mounts": [{"path": "/", "app": "shop", "extra": text}]}
    else:
        settings = {place: text}
    [said] = nginx_site.input_errors({**SITE, **settings})
    assert said.startswith(f"{place} has {error}")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        pytest.param(
            {"nginx_site_extra": "listen 8080;"},
            "nginx_site_extra has 'listen' in line 1: it decides who can reach the site. Use "
            "nginx_site_listen.",
            id="listener",
        ),
        pytest.param(
            {"nginx_site_extra": "server_name x.example;"},
            "nginx_site_extra has 'server_name' in line 1: it decides for which names the site "
            "answers. Use nginx_site_server_names.",
            id="name",
        ),
        pytest.param(
            {"nginx_site_extra": "satisfy any;"},
            "nginx_site_extra has 'satisfy' in line 1: it decides who may request what. Use allow, "
            "deny, users, auth_request or satisfy.",
            id="access",
        ),
        pytest.param(
            {"nginx_site_mounts": [{"path": "/", "app": "shop", "extra": "allow all;"}]},
            "nginx_site_mounts[0].extra has 'allow' in line 1: it decides who may request what. "
            "Use allow, deny, users, auth_request or satisfy.",
            id="access to a mount",
        ),
        *[
            pytest.param(
                {"nginx_site_mounts": [{"path": "/", "app": "shop", "extra": f"{name} x;"}]},
                f"nginx_site_mounts[0].extra has {name!r} in line 1: the mount says {what}.",
                id=name,
            )
            for name, what in {
                "proxy_pass": "where requests go. Use app or upstreams",
                "alias": "which files are served. Use root or src",
                "root": "which files are served. Use root or src",
            }.items()
        ],
        pytest.param(
            {"nginx_site_mounts": [{"path": "/", "redirect": "/x", "extra": "set $a b;"}]},
            "nginx_site_mounts[0].extra is '***', but the mount has redirect: only mounts "
            "with app or upstreams or root or src use it.",
            id="redirect",
        ),
        pytest.param(
            {"nginx_site_extra": "}\nserver {"},
            "nginx_site_extra is not complete: line 1: '}' has no '{' before it.",
            id="way out of the block",
        ),
        pytest.param(
            {"nginx_site_extra": "location /x {\n"},
            "nginx_site_extra is not complete: line 1: the block 'location' has no '}'.",
            id="open block",
        ),
        pytest.param(
            {"nginx_site_extra": "gzip off"},
            "nginx_site_extra is not complete: line 1: a directive has no ';' behind it.",
            id="open directive",
        ),
        pytest.param(
            {"nginx_site_extra": "set $a b;\nset $a 'b;\n"},
            "nginx_site_extra is not complete: line 2: a quote has no end.",
            id="open quote",
        ),
        pytest.param(
            {"nginx_site_extra": "location /x { gzip off }"},
            "nginx_site_extra is not complete: line 1: a directive has no ';' before '}'.",
            id="open directive in a block",
        ),
        pytest.param(
            {"nginx_site_extra": ";"},
            "nginx_site_extra is not complete: line 1: ';' has no directive before it.",
            id="nothing",
        ),
    ],
)
def test_error(nginx_site, settings: dict, error: str):
    assert nginx_site.input_errors({**SITE, **settings}) == [error]


@pytest.mark.parametrize("is_ours", [True, False])
def test_rejected_line_is_in_the_message(root, tmp_path, monkeypatch, is_ours: bool):
    """A file of another site may have secrets."""
    (tmp_path / "site.conf").write_text("a;\nb c;\n")
    (tmp_path / "enabled.conf").symlink_to("site.conf")
    (tmp_path / "nginx").write_text(
        f"#!/bin/sh\necho 'unknown directive \"b\" in {tmp_path}/enabled.conf:2' >&2\nexit 1\n"
    )
    (tmp_path / "nginx").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    script = (root / "roles/nginx_site/files/check.sh").read_text()
    site = tmp_path / ("site.conf" if is_ours else "other.conf")
    run = subprocess.run(
        ["sh", "-c", script, "check", site, "example.org"], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stdout.splitlines()[1:] == ["Line 2 of the new file: b c;"] * is_ours
