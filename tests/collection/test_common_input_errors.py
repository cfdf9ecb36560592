"""Input errors of names, paths and URLs, which are the same for both roles."""

import re

import pytest
from minimal import APP, SITE

NAMES = {
    "empty": "",
    "capital": "Shop",
    "underscore": "my_shop",
    "space": "my shop",
    "dot": "my.shop",
    "hyphen first": "-shop",
    "hyphen last": "shop-",
    "digit first": "2shop",
    "beyond ascii": "käse",
    "path": "../shop",
    "line break": "shop\n",
    "28 characters": "s" * 28,
}
UNTIDY = {
    "no slash first": ("api", "/api"),
    "slash at its end": ("/api/", "/api"),
    "two slashes first": ("//api", "/api"),
    "two slashes inside": ("/shop//v2", "/shop/v2"),
    "both wrong": ("api/v2/", "/api/v2"),
}
"""Paths that are not in their one form, and this form."""
PATHS = {
    "nothing but slashes": "//",
    "space": "/my app",
    "beyond ascii": "/café",
    "percent": "/caf%C3%A9",
    "two dots": "/a/../b",
    "one dot": "/./a",
    "question mark": "/api?x",
    "semicolon": "/api;",
    "braces": "/a{b}",
    "quote": '/a"b',
    "variable": "/$host",
    "regular expression": "~ /a",
    "line break": "/api\n",
    "URL": "https://example.org/api",
}
ADVICE = [
    *[pytest.param(path, f"write {tidy!r}.", id=words) for words, (path, tidy) in UNTIDY.items()],
    *[
        pytest.param(
            path,
            "use '/' and letters, digits, '.', '_', '~' or '-', as in '/api' or '/shop/v2'.",
            id=words,
        )
        for words, path in PATHS.items()
    ],
]
URLS = {
    "no scheme": "example.org/api",
    "no scheme but slashes": "//example.org",
    "another scheme": "ftp://example.org/api",
    "scheme in capitals": "HTTPS://example.org",
    "no host": "https://",
    "path without a host": "https:///api",
    "slash at the end": "https://example.org/",
    "slash at the path's end": "https://example.org/api/",
    "two slashes": "https://example.org//api",
    "two dots": "https://example.org/../api",
    "two dots inside": "https://example.org/a/../api",
    "percent": "https://example.org/%2e/api",
    "blank": "https://example.org/a api",
    "query": "https://example.org?a=b",
    "query after a path": "https://example.org/api?a=b",
    "fragment": "https://example.org#top",
    "user": "https://me@example.org/api",
    "password": "https://me:secret@example.org",
    "empty port": "https://example.org:",
    "port 0": "https://example.org:0/api",
    "port too large": "https://example.org:65536",
    "port by name": "https://example.org:http",
    "underscore": "https://my_host",
    "wildcard": "https://*.example.org",
    "variable": "https://$host",
    "semicolon": "https://example.org;",
    "half an IPv6 address": "https://[::1/api",
    "line break": "https://example.org\n",
    "line break in a path": "https://example.org/api\n/api",
}


@pytest.fixture
def app_errors(wsgi_app):
    return lambda **settings: wsgi_app.input_errors({**APP, **settings})


@pytest.fixture
def site_errors(nginx_site):
    return lambda **settings: nginx_site.input_errors({**SITE, **settings})


def name_error(variable: str, name: str) -> str:
    return (
        f"{variable} is {name!r}: use at most 27 small letters, digits and hyphens, beginning with "
        "a letter, as in 'shop' or 'shop-api'."
    )


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
class TestName:
    def test_of_an_app(self, app_errors, name: str):
        errors = app_errors(wsgi_app_name=name, wsgi_app_listen="/run/x.sock")
        assert errors == [name_error("wsgi_app_name", name)]

    def test_of_a_site(self, site_errors, name: str):
        assert site_errors(nginx_site_name=name) == [name_error("nginx_site_name", name)]


@pytest.mark.parametrize(("path", "advice"), ADVICE)
class TestPath:
    def test_of_an_app(self, app_errors, path: str, advice: str):
        assert app_errors(wsgi_app_prefix=path) == [f"wsgi_app_prefix is {path!r}: {advice}"]

    def test_of_a_mount(self, site_errors, path: str, advice: str):
        assert site_errors(nginx_site_mounts=[{"path": path, "app": "shop"}]) == [
            f"nginx_site_mounts[0].path is {path!r}: {advice}"
        ]

    def test_of_static_files(self, site_errors, path: str, advice: str):
        static = [{"path": path, "root": "/srv/static"}]
        mounts = [{"path": "/api", "app": "shop", "static": static}]
        assert site_errors(nginx_site_mounts=mounts) == [
            f"nginx_site_mounts[0].static.path is {path!r}: {advice}"
        ]


def url_error(variable: str, url: str) -> str:
    """Return the error, which has no user and password."""
    printed = re.sub("//.*@", "//***@", url)
    return (
        f"{variable} is {printed!r}: write the scheme and the host, a port or a path only if "
        "clients use one, and no slash at the end, as in 'https://example.org' or "
        "'https://example.org:8443/shop'."
    )


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
class TestPublicUrl:
    def test_of_an_app(self, app_errors, url: str):
        assert app_errors(wsgi_app_prefix="/api", wsgi_app_public_url=url) == [
            url_error("wsgi_app_public_url", url)
        ]

    @pytest.mark.parametrize("variable", ["nginx_site_public_url", "nginx_site_verify_url"])
    def test_of_a_site(self, site_errors, variable: str, url: str):
        assert site_errors(**{variable: url}) == [url_error(variable, url)]


@pytest.mark.parametrize("address", ["http://a.b", "a b", "a:b", "10.0.0.5:99999", "/run/a.sock"])
def test_address_to_verify_at(site_errors, address: str):
    assert site_errors(nginx_site_verify_address=address) == [
        f"nginx_site_verify_address is {address!r}: write a host or an address, with or without a "
        "port, as in '203.0.113.5' or 'lb.example.org:8443'."
    ]
    for right in ("203.0.113.5", "lb.example.org:8443", "[::1]", "[::1]:81"):
        assert site_errors(nginx_site_verify_address=right) == []


MISSPELT = {
    "wsgi_app_worker": "do you mean wsgi_app_workers?",
    "wsgi_app_prefx": "do you mean wsgi_app_prefix?",
    "wsgi_app_secret": "do you mean wsgi_app_secrets?",
    "wsgi_app_env": "remove it.",
    "wsgi_app_xyz": "remove it.",
    "nginx_site_server_name": "do you mean nginx_site_server_names?",
    "nginx_site_mount": "do you mean nginx_site_mounts?",
    "nginx_site_default": "do you mean nginx_site_default_server?",
    "nginx_site_gzip": "remove it.",
}


@pytest.mark.parametrize("variable", MISSPELT)
def test_misspelt(app_errors, site_errors, variable: str):
    errors = app_errors if variable.startswith("wsgi_app") else site_errors
    assert errors(**{variable: "x"}) == [
        f"{variable} is no variable of the role: {MISSPELT[variable]}"
    ]
