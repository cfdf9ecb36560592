"""Redirects: of one path, of all paths below one, and of hundreds of moved paths."""

from __future__ import annotations

from urllib.parse import quote, urljoin

import pytest
from serving import Nginx, free_ports, running

PROXY = {
    "nginx_site_trusted_proxies": ["127.0.0.1"],
    "nginx_site_trusted_headers": ["proto", "for", "prefix"],
}
OUTER = "X-Forwarded-Prefix: /outer"
ODD_PATHS = {
    path: f"/found/{number}"
    for number, path in enumerate(
        [
            "/über uns",
            '/a "quoted" page',
            "/it's",
            "/$host/$uri",
            "/a;return 200;",
            "/{a}",
            "/a\\b",
            "/a\\n",
            '/\\"; } location /x { return 200; }',
            "/100%",
            "/100% sure",
            "/~^a$",
            "/日本語",
            "/a*b.c(d)[e]|f",
            "/a ",
            "/{{ a }}{% b %}",
        ]
    )
}
LONG = {f"/{'x' * 300}/{number:03d}": f"/short/{number}" for number in range(800)}
LONG_ODD = {"/" + 'ü$"{;\\ ' * 50: "/odd", "/" + "y" * 254: "/at-most", "/" + "y" * 255: "/more"}
MOVED = {
    "/old-page": "/new-page",
    "/gone": {"code": 410},
    "/b": {"target": "https://x.example/y?a=b#c", "code": 308},
    "/app/moved": "/app/here",
    "/app/static/moved.css": {"target": "/app/static/here.css", "code": 302},
    "/page/": "/page-without-slash",
    "/old/exception": "/kept",
    "/favicon.ico": "/icons/favicon.ico",
    "/to-umlauts": "https://bücher.example/ü b?ü=$x#ü",
    "/to-path": '/ü "b" {c} $host \\d 100% %2F',
    **ODD_PATHS,
}
MOUNTS = [
    {"path": "/old", "redirect": "/new", "below": True},
    {"path": "/old/deep", "redirect": "/deep", "below": True, "code": 301},
    {"path": "/old/app", "app": "down"},
    {"path": "/two/parts", "redirect": "https://other.example/base", "below": True, "code": 308},
    {"path": "/~user", "redirect": "https://other.example", "below": True},
    {"path": "/up", "redirect": "/", "below": True},
    {"path": "/app", "app": "down", "static": [{"path": "/static", "root": "/srv/none"}]},
    {"path": "/exact", "redirect": "/new"},
    *[{"path": f"/exact-{code}", "redirect": "/x", "code": code} for code in (301, 302, 303, 307)],
    *[
        {"path": f"/below-{code}", "redirect": "/x", "code": code, "below": True}
        for code in (301, 302, 303, 307, 308)
    ],
]
SITES = {
    "main": {"nginx_site_mounts": MOUNTS, "nginx_site_redirects": MOVED},
    "moved": {
        "nginx_site_mounts": [
            {"path": "/", "redirect": "https://other.example/", "below": True, "code": 301},
            {"path": "/app", "app": "down"},
        ],
        "nginx_site_tls": {"mode": "acme"},
        "__nginx_site_served_certificate": {},
    },
    "long": {"nginx_site_redirects": {**LONG, **LONG_ODD}},
    "many": {"nginx_site_redirects": {f"/{'z' * 250}{n}": f"/short/{n}" for n in range(800)}},
    "fronted": {**PROXY, "nginx_site_mounts": MOUNTS, "nginx_site_redirects": MOVED},
    "pinned": {
        "nginx_site_public_url": "https://pub.example/outer",
        "nginx_site_mounts": MOUNTS,
        "nginx_site_redirects": MOVED,
    },
}


@pytest.fixture(scope="module")
def sites(nginx_site, server_at, tmp_path_factory):
    nginx = Nginx(tmp_path_factory.mktemp("redirects"))
    ports = dict(zip(SITES, free_ports(len(SITES)), strict=True))
    token = nginx.top / "srv/moved/acme/.well-known/acme-challenge/token"
    token.parent.mkdir(parents=True)
    token.write_text("the token")
    for name, port in ports.items():
        site = {
            "nginx_site_name": name,
            "nginx_site_server_names": ["example.org"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            **SITES[name],
        }
        assert nginx_site.input_errors(site) == []
        nginx.add(nginx_site, site)
    with running(nginx):
        yield {name: server_at(port, nginx.top) for name, port in ports.items()}


def where(answer) -> str | int:
    """Return the target of a redirect, or the status of another response."""
    return answer.location if 300 <= answer.status < 400 else answer.status


class TestBelow:
    @pytest.mark.parametrize(
        ("path", "target"),
        [
            pytest.param("/old", "/new", id="the path itself"),
            pytest.param("/old?x=1&y=%2F", "/new?x=1&y=%2F", id="query"),
            pytest.param("/old/", "/new/", id="slash"),
            pytest.param("/old/a/b.html", "/new/a/b.html", id="path below"),
            pytest.param("/old/a%2Fb?x=1", "/new/a%2Fb?x=1", id="encoded slash"),
            pytest.param("/old/a%252Fb%20c", "/new/a%252Fb%20c", id="encoded percent"),
            pytest.param("/old/%0d%0aX:y", "/new/%0d%0aX:y", id="line break"),
            pytest.param("/old/k%C3%A4se", "/new/k%C3%A4se", id="beyond ascii"),
            pytest.param("/old/?x", "/new/?x", id="query after the slash"),
            pytest.param("/old/a?/../b\\", "/new/a?/../b\\", id="dots in the query"),
            pytest.param("/old/$host", "/new/$host", id="dollar"),
            pytest.param("/old/..a/b../.c", "/new/..a/b../.c", id="dots within names"),
            pytest.param("/old/deep/a", "/deep/a", id="redirect below a redirect"),
            pytest.param("/old/deeper/a", "/new/deeper/a", id="longer name below a redirect"),
            pytest.param("/old/app/a", 502, id="app below a redirect"),
            pytest.param("/older", 404, id="longer word"),
            pytest.param("/old;a/b", 404, id="semicolon"),
            pytest.param("/two/parts/a", "https://other.example/base/a", id="URL"),
            pytest.param("/two/parts?x", "https://other.example/base?x", id="URL itself"),
            pytest.param("/two/a", 404, id="half of the path"),
            pytest.param("/~user", "https://other.example/", id="root of another site"),
            pytest.param("/~user?x", "https://other.example/?x", id="root, query"),
            pytest.param("/~user/a", "https://other.example/a", id="below another root"),
            pytest.param("/up", "/", id="own root"),
            pytest.param("/up?x", "/?x", id="own root, query"),
            pytest.param("/up/", "/", id="own root, slash"),
            pytest.param("/up/a/b?x", "/a/b?x", id="below the own root"),
        ],
    )
    def test_target(self, sites, path: str, target: str | int):
        assert where(sites["main"].get(path)) == target

    @pytest.mark.parametrize(
        ("path", "target"),
        [
            pytest.param("/%7Euser/a", "https://other.example/a", id="encoded letter"),
            pytest.param("/%6fld/y", "/new/y", id="encoded letter of a word"),
            pytest.param("/two/%70arts/a", "https://other.example/base/a", id="in a segment"),
            pytest.param("//old/y", "/new/y", id="two slashes"),
            pytest.param("//two///parts/y", "https://other.example/base/y", id="slashes inside"),
            pytest.param("/%6fld?x", "/new?x", id="path itself"),
            pytest.param("//evil.example/../old", "/new", id="dots before the path itself"),
            pytest.param("/x/../old/y", 400, id="dots first"),
            pytest.param("/%2e/old/y", 400, id="encoded dot first"),
            pytest.param("/x%2f..%2fold/y", 400, id="dots between encoded slashes"),
            pytest.param("/%2fold/y", 400, id="encoded slash first"),
            pytest.param("/old%2fy", 400, id="encoded slash after the path"),
            pytest.param("/two%2fparts/y", 400, id="encoded slash inside"),
            pytest.param("/old/../old/y", 400, id="dots"),
            pytest.param("/old/a/%2e%2E/b", 400, id="encoded dots"),
            pytest.param("/old/a/.%2e", 400, id="dots at the end"),
            pytest.param("/old/./a", 400, id="single dot"),
            pytest.param("/old/a/..%2fb", 400, id="dots before an encoded slash"),
            pytest.param("/old/..\\..\\b", 400, id="dots before a backslash"),
            pytest.param("/old/\\evil.example", 400, id="backslash"),
            pytest.param("/old/\xe4", 400, id="raw byte"),
            pytest.param("/old?\xe4", 400, id="raw byte in the query"),
            pytest.param("/old/a?\xe4", 400, id="raw byte in the query below"),
            pytest.param("/old/%00", 400, id="zero byte"),
        ],
    )
    def test_path_that_only_matches_after_normalization(self, sites, path, target):
        assert where(sites["main"].get(path)) == target

    @pytest.mark.parametrize("prefix", ["/old", "/up", "/two/parts", "/~user"])
    @pytest.mark.parametrize(
        "rest",
        [
            "//evil.example",
            "///evil.example/x",
            "/\\evil.example",
            "/\\/evil.example",
            "//\\evil.example",
            "/%2fevil.example",
            "/%5cevil.example",
            "/%2e%2e//evil.example",
            "/.//evil.example",
            "/%2e//evil.example",
            "/;//evil.example",
            "/@evil.example",
            ".evil.example",
            "@evil.example",
            ":80@evil.example/",
            "/http://evil.example",
            "/%09/evil.example",
            "/#//evil.example",
            "#//evil.example",
            "?//evil.example",
            "/%0d%0aLocation:%20//evil.example",
        ],
    )
    @pytest.mark.parametrize("first", ["", "/", "http://example.org", "http://example.org/"])
    def test_leads_to_no_other_host(self, sites, prefix: str, rest: str, first: str):
        answer = sites["main"].ask(f"GET {first}{prefix}{rest} HTTP/1.1", "Host: example.org")
        location = (answer.location or "").replace("\\", "/")  # as browsers do
        allowed = ("http://example.org/", "https://other.example/")
        assert urljoin("http://example.org/", location).startswith(allowed)
        assert answer.headers.get_all("Location", [answer.location]) == [answer.location]

    @pytest.mark.parametrize(
        ("target", "host", "answer"),
        [
            pytest.param("http://example.org/old/a%2Fb", "x.example", "/new/a%2Fb", id="path"),
            pytest.param("http://example.org//old//a", "example.org", "/new//a", id="slashes"),
            pytest.param("http://evil.example/old/a", "example.org", 421, id="another host"),
        ],
    )
    def test_absolute_target(self, sites, target: str, host: str, answer: str | int):
        found = sites["main"].ask(f"GET {target} HTTP/1.1", f"Host: {host}")
        assert where(found) == answer


class TestWholeSite:
    @pytest.mark.parametrize(
        ("target", "answer"),
        [
            pytest.param("/", "https://other.example/", id="root"),
            pytest.param("/a%2Fb?x=1", "https://other.example/a%2Fb?x=1", id="path"),
            pytest.param("//evil.example", "https://other.example//evil.example", id="slashes"),
            pytest.param("/favicon.ico", "https://other.example/favicon.ico", id="icon"),
            pytest.param("/robots.txt", "https://other.example/robots.txt", id="robots"),
            pytest.param("/app/x", 502, id="another mount"),
            pytest.param("/.well-known/acme-challenge/token", 200, id="challenge"),
            pytest.param("/.well-known/x", "https://other.example/.well-known/x", id="well-known"),
            pytest.param("http://example.org?x=1", "https://other.example/?x=1", id="no path"),
            pytest.param("http://example.org", "https://other.example/", id="no path, no query"),
            pytest.param("/a/../b", 400, id="dots"),
            pytest.param("/\\evil.example", 400, id="backslash"),
        ],
    )
    def test_target(self, sites, target: str, answer: str | int):
        found = sites["moved"].ask(f"GET {target} HTTP/1.1", "Host: example.org")
        assert where(found) == answer


class TestOuterPrefix:
    CASES = [
        pytest.param("/old/a?x", "/outer/new/a?x", id="below"),
        pytest.param("/old?x", "/outer/new?x", id="below, the path itself"),
        pytest.param("/up/a", "/outer/a", id="below, own root"),
        pytest.param("/up", "/outer/", id="own root"),
        pytest.param("/two/parts/a", "https://other.example/base/a", id="URL"),
        pytest.param("/old-page", "/outer/new-page", id="moved path"),
        pytest.param("/b", "https://x.example/y?a=b#c", id="moved to a URL"),
    ]

    @pytest.mark.parametrize(("path", "target"), CASES)
    def test_of_a_proxy(self, sites, path: str, target: str):
        assert where(sites["fronted"].get(path, OUTER)) == target

    @pytest.mark.parametrize(("path", "target"), CASES)
    def test_of_a_pinned_url(self, sites, path: str, target: str):
        assert where(sites["pinned"].get(path, host="example.org")) == target


class TestCode:
    @pytest.mark.parametrize("code", [301, 302, 303, 307])
    def test_exact(self, sites, code: int):
        answer = sites["main"].get(f"/exact-{code}")
        assert (answer.status, answer.location) == (code, "/x")

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_below(self, sites, method: str, code: int):
        for rest in ("", "/a"):
            answer = sites["main"].ask(
                f"{method} /below-{code}{rest} HTTP/1.1", "Host: example.org"
            )
            assert (answer.status, answer.location) == (code, f"/x{rest}")

    def test_without_below_is_exact(self, sites):
        assert where(sites["main"].get("/exact/a")) == 404


class TestMovedPaths:
    @pytest.mark.parametrize(
        ("path", "status", "location"),
        [
            pytest.param("/old-page", 301, "/new-page", id="path"),
            pytest.param("/old-page?x=1", 301, "/new-page", id="query"),
            pytest.param("/b", 308, "https://x.example/y?a=b#c", id="URL"),
            pytest.param("/gone", 410, None, id="gone"),
            pytest.param("/app/moved", 301, "/app/here", id="inside an app"),
            pytest.param("/app/moved/x", 502, None, id="below, inside an app"),
            pytest.param("/app/static/moved.css", 302, "/app/static/here.css", id="static file"),
            pytest.param("/page/", 301, "/page-without-slash", id="slash"),
            pytest.param("/page", 404, None, id="without the slash"),
            pytest.param("/old/exception", 301, "/kept", id="inside a redirect"),
            pytest.param("/favicon.ico", 301, "/icons/favicon.ico", id="icon"),
            pytest.param("/robots.txt", 404, None, id="robots"),
            pytest.param(
                "/to-umlauts",
                301,
                "https://xn--bcher-kva.example/%C3%BC%20b?%C3%BC=%24x#%C3%BC",
                id="umlauts in the target",
            ),
            pytest.param(
                "/to-path",
                301,
                "/%C3%BC%20%22b%22%20%7Bc%7D%20%24host%20%5Cd%20100%25%20%2F",
                id="other signs in the target",
            ),
        ],
    )
    def test_answer(self, sites, path: str, status: int, location: str | None):
        answer = sites["main"].get(path)
        assert (answer.status, answer.location) == (status, location)

    @pytest.mark.parametrize(("path", "target"), ODD_PATHS.items(), ids=ODD_PATHS)
    def test_path_of_any_signs(self, sites, path: str, target: str):
        answer = sites["main"].get(quote(path))
        assert (answer.status, answer.location) == (301, target)

    @pytest.mark.parametrize("site", ["long", "many"])
    def test_hundreds_of_them(self, sites, site: str):
        moved = SITES[site]["nginx_site_redirects"]
        found = {path: where(sites[site].get(quote(path))) for path in moved}
        assert len(found) >= 800
        assert found == moved

    @pytest.mark.parametrize("path", ["/" + "x" * 44, "/" + "x" * 300, "/" + "y" * 256, "/x"])
    def test_no_other_long_path(self, sites, path: str):
        assert where(sites["long"].get(path)) == 404
