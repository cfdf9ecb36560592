"""Who may request what: rules for everything that a site has, by address and by password."""

from __future__ import annotations

import shutil
from base64 import b64encode
from pathlib import Path

import pytest
from minimal import SITE
from serving import Nginx, free_ports, running

RULES = {"nginx_site_users": {"me": "correct horse"}}
BCRYPT = "$2y$05$abcdefghijklmnopqrstuuVWu8RjbNovPZWAMRdd7iqaaG0mI53Uu"
SHA512 = (
    "$6$rounds=1000$saltsalt$vqVEzhF1x7x2p0VCWCzOM1GGIpJ62KqdREyqdHXfkzvqLwi.vIVwX0AcTW9cDubiR4wA."
    "zOlJTle4lioqe99c1"
)
APR1 = "$apr1$saltsalt$9/tMzdzSc6dIiPlJw6UTa."
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.9"

PATHS = {
    "page": "/",
    "fallback": "/index.html",
    "route": "/deep/link",
    "script": "/app.js",
    "missing script": "/none.js",
    "immutable": "/assets/x.js",
    "immutable directory": "/assets/",
    "icon": "/favicon.ico",
    "robots": "/robots.txt",
    "well-known": "/.well-known/security.txt",
    "app without its slash": "/api",
    "app": "/api/x",
    "app with two slashes": "//api//x",
    "encoded app": "/%61pi/x",
    "app by dots": "/docs/../api/x",
    "app with a query": "/api/x?a=b",
    "static": "/api/static/style.css",
    "missing static": "/api/static/none",
    "encoded static": "/api/%73tatic/style.css",
    "static directory": "/api/static",
    "hashed static": "/api/hashed/style.css",
    "stripped app": "/strip/x",
    "raw app": "/as-sent/x",
    "app that is down": "/down/x",
    "files without their slash": "/docs",
    "files": "/docs/",
    "directory without its slash": "/docs/guide",
    "missing file": "/docs/none",
    "published": "/shop/",
    "published without its slash": "/shop",
    "published immutable": "/shop/assets/x.js",
    "published fallback": "/shop/index.html",
}
"""Every kind of location that a site has."""

REQUESTS = {
    "HEAD": ("HEAD", []),
    "POST": ("POST", ["Content-Length: 0"]),
    "OPTIONS": ("OPTIONS", []),
    "PUT": ("PUT", ["Content-Length: 0"]),
    "DELETE": ("DELETE", []),
    "WebSocket": ("GET", ["Connection: Upgrade, close", "Upgrade: websocket"]),
    "empty password": ("GET", ["Authorization: Basic bWU6"]),
    "other scheme": ("GET", ["Authorization: Bearer bWU6Y29ycmVjdCBob3JzZQ=="]),
    "forged address": ("GET", [f"X-Forwarded-For: {ELSEWHERE}", f"X-Real-IP: {ELSEWHERE}"]),
}
"""Methods and headers of requests that no rule lets through."""


def basic(user: str, password: str) -> str:
    return f"Authorization: Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


ME = basic("me", "correct horse")


def mounts(top: Path, **rules) -> list[dict]:
    """Return mounts of every kind, each with these rules."""
    page = {"fallback": "/index.html", "immutable": ["/assets"]}
    static = [
        {"path": "/static", "root": f"{top}/static"},
        {"path": "/hashed", "root": f"{top}/static", "immutable": True},
    ]
    return [
        {**mount, **rules}
        for mount in (
            {"path": "/", "root": f"{top}/page", **page},
            {"path": "/api", "upstreams": [f"{top}/api.sock"], "static": static},
            {"path": "/strip", "upstreams": [f"{top}/strip.sock"], "strip": True},
            {"path": "/as-sent", "upstreams": [f"{top}/as-sent.sock"], "raw": True},
            {"path": "/down", "upstreams": [f"{top}/down.sock"]},
            {"path": "/docs", "root": f"{top}/docs"},
            {"path": "/shop", "src": str(Path(__file__).parent), **page},
        )
    ]


def sites_in(top: Path) -> dict[str, dict]:
    """Return the sites by name."""
    api = {"path": "/api", "upstreams": [f"{top}/api.sock"]}
    users, other = {"users": {"me": "correct horse"}}, {"users": {"me": "other"}}
    outer = {"nginx_site_trusted_proxies": [HERE], "nginx_site_trusted_headers": ["for", "prefix"]}
    return {
        "open": {"nginx_site_mounts": mounts(top)},
        "users": {**RULES, "nginx_site_mounts": mounts(top)},
        "users-of-mounts": {"nginx_site_mounts": mounts(top, **users)},
        "users-both": {
            "nginx_site_users": other["users"],
            "nginx_site_mounts": mounts(top, **users),
        },
        "users-outer": {**RULES, **outer, "nginx_site_mounts": mounts(top)},
        "allow": {"nginx_site_allow": [ELSEWHERE], "nginx_site_mounts": mounts(top)},
        "allow-of-mounts": {"nginx_site_mounts": mounts(top, allow=[ELSEWHERE])},
        "deny": {"nginx_site_deny": ["127.0.0.0/29"], "nginx_site_mounts": mounts(top)},
        "deny-of-mounts": {"nginx_site_mounts": mounts(top, deny=["127.0.0.0/29"])},
        "lists": {"nginx_site_allow": ["127.0.0.0/28", "::1"], "nginx_site_deny": [HERE]},
        "fronted": {
            "nginx_site_allow": ["203.0.113.0/24"],
            "nginx_site_trusted_proxies": [HERE],
        },
        "all": {**RULES, "nginx_site_allow": [ELSEWHERE]},
        "any": {**RULES, "nginx_site_allow": [ELSEWHERE], "nginx_site_satisfy": "any"},
        "exceptions": {
            **RULES,
            "nginx_site_allow": [ELSEWHERE],
            "nginx_site_response_headers": {"X-Frame-Options": "DENY"},
            "nginx_site_mounts": [
                {**api, "path": "/api"},
                {"path": "/open", "root": f"{top}/docs", "users": {}, "allow": []},
                {"path": "/down", "upstreams": [f"{top}/none"], "users": {}, "allow": []},
                {"path": "/here", "root": f"{top}/docs", "users": {}, "allow": [HERE]},
                {"path": "/other", "root": f"{top}/docs", "allow": [], **other},
                {"path": "/old", "redirect": "/new"},
            ],
        },
        "hashes": {
            "nginx_site_users": {
                "bcrypt": BCRYPT,
                "sha512": SHA512,
                "apr1": APR1,
                "text": "geheim",
            }
        },
    }


@pytest.fixture(scope="module")
def served(server, serve_each):
    published = {
        "item": {"path": "/shop", "immutable": ["/assets"]},
        "dest": f"{server.top}/srv/shop/published/+shop@a",
        "others": [],
    }
    modes = sites_in(server.top)
    with serve_each(
        modes,
        nginx_site_https_redirect=False,
        __nginx_site_published={"results": [published]},
    ) as served:
        yield served


@pytest.fixture(scope="module")
def plain(served):
    return served["http"]


@pytest.mark.parametrize("path", [pytest.param(path, id=kind) for kind, path in PATHS.items()])
class TestEveryLocation:
    """Whatever a site has at a path, its rules hold there."""

    @pytest.mark.parametrize(
        ("site", "status"),
        [
            ("users", 401),
            ("users-of-mounts", 401),
            ("users-both", 401),
            ("users-outer", 401),
            ("allow", 403),
            ("allow-of-mounts", 403),
            ("deny", 403),
            ("deny-of-mounts", 403),
        ],
    )
    def test_is_closed(self, plain, site: str, status: int, path: str):
        assert plain[site].get(path).status == status

    @pytest.mark.parametrize("site", ["users", "users-of-mounts", "users-both", "users-outer"])
    def test_is_open_with_the_password(self, plain, site: str, path: str):
        assert plain[site].get(path, ME).status == plain["open"].get(path).status

    @pytest.mark.parametrize("site", ["allow", "allow-of-mounts", "deny", "deny-of-mounts"])
    def test_is_open_from_the_address(self, plain, site: str, path: str):
        assert plain[site].get(path, peer=ELSEWHERE).status == plain["open"].get(path).status

    def test_is_closed_by_http2(self, served, path: str):
        fields = {":method": "GET", ":scheme": "https", ":authority": "example.org", ":path": path}
        answer = served["https"]["users-of-mounts"].stream(list(fields.items()))
        assert answer.status == 401


@pytest.mark.parametrize("path", ["/", "/app.js", "/api", "/api/x", "/api/static/style.css"])
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize(("site", "status"), [("users-of-mounts", 401), ("allow-of-mounts", 403)])
def test_every_request_is_rejected(plain, site: str, status: int, request_, path: str):
    method, headers = request_
    answer = plain[site].ask(f"{method} {path} HTTP/1.1", "Host: example.org", *headers)
    assert answer.status == status


@pytest.mark.parametrize("path", ["/docs/guide", "/docs/k%C3%A4se%20100%25"])
def test_directory_behind_an_outer_prefix(plain, path: str):
    header = "X-Forwarded-Prefix: /outer"
    answer = plain["users-outer"].get(path, header, ME)
    assert (answer.status, answer.headers["Location"]) == (301, f"./{path.split('/')[-1]}/")
    assert plain["users-outer"].get(path, header).headers["Location"] is None


@pytest.mark.parametrize(
    ("site", "peer", "status"),
    [
        pytest.param("lists", HERE, 403, id="allowed and denied"),
        pytest.param("lists", "127.0.0.15", 200, id="last of the network"),
        pytest.param("lists", "127.0.0.16", 403, id="beyond the network"),
        pytest.param("lists", "::1", 200, id="IPv6"),
        pytest.param("allow", "::1", 403, id="other version"),
    ],
)
def test_address(plain, site: str, peer: str, status: int):
    assert plain[site].get("/api/x", peer=peer).status == status


@pytest.mark.parametrize(
    ("peer", "header", "status"),
    [
        pytest.param(HERE, "203.0.113.9", 200, id="trusted proxy"),
        pytest.param(HERE, "203.0.113.9, 198.51.100.1", 403, id="client that forges"),
        pytest.param(ELSEWHERE, "203.0.113.9", 403, id="no trusted proxy"),
    ],
)
def test_client_address_behind_a_proxy(plain, peer: str, header: str, status: int):
    answer = plain["fronted"].get("/api/x", f"X-Forwarded-For: {header}", peer=peer)
    assert answer.status == status


@pytest.mark.parametrize(
    ("site", "headers", "peer", "status"),
    [
        pytest.param("all", [], ELSEWHERE, 401, id="all, address"),
        pytest.param("all", [ME], HERE, 403, id="all, password"),
        pytest.param("all", [ME], ELSEWHERE, 200, id="all, both"),
        pytest.param("any", [], ELSEWHERE, 200, id="any, address"),
        pytest.param("any", [ME], HERE, 200, id="any, password"),
        pytest.param("any", [], HERE, 401, id="any, none"),
    ],
)
def test_satisfy(plain, site: str, headers: list[str], peer: str, status: int):
    assert plain[site].get("/api/x", *headers, peer=peer).status == status


@pytest.mark.parametrize(
    ("path", "headers", "peer", "status"),
    [
        pytest.param("/api/x", [ME], ELSEWHERE, 200, id="rules of the site"),
        pytest.param("/api/x", [], HERE, 403, id="rules of the site, no password"),
        pytest.param("/open/", [], HERE, 200, id="open mount"),
        pytest.param("/open", [], HERE, 308, id="open mount without its slash"),
        pytest.param("/down/x", [], HERE, 502, id="open mount that is down"),
        pytest.param("/here/", [], HERE, 200, id="other address"),
        pytest.param("/here/", [ME], ELSEWHERE, 403, id="address of the site"),
        pytest.param("/other/", [basic("me", "other")], HERE, 200, id="other password"),
        pytest.param("/other/", [ME], HERE, 401, id="password of the site"),
        pytest.param("/old", [], HERE, 302, id="redirect"),
        pytest.param("/none", [], HERE, 404, id="no mount"),
    ],
)
def test_mount_replaces_rules(plain, path: str, headers: list[str], peer: str, status: int):
    answer = plain["exceptions"].get(path, *headers, peer=peer)
    assert answer.status == status


@pytest.mark.parametrize(
    ("path", "peer", "status"),
    [pytest.param("/api/x", HERE, 403, id="403"), pytest.param("/api/x", ELSEWHERE, 401, id="401")],
)
def test_rejection_has_the_headers_of_the_site(plain, path: str, peer: str, status: int):
    answer = plain["exceptions"].get(path, peer=peer)
    assert (answer.status, answer.headers["X-Frame-Options"]) == (status, "DENY")


def test_realms_differ(plain):
    """Browsers send the password of a realm to all of its paths."""
    realms = [
        plain["exceptions"].get(path, peer=ELSEWHERE).headers["WWW-Authenticate"]
        for path in ("/api/x", "/other/")
    ]
    assert realms == ['Basic realm="exceptions"', 'Basic realm="exceptions /other"']


@pytest.mark.parametrize("user", ["bcrypt", "sha512", "apr1", "text"])
def test_hash(plain, user: str):
    statuses = [
        plain["hashes"].get("/api/x", basic(user, password)).status
        for password in ("geheim", "Geheim", "")
    ]
    assert statuses == [200, 401, 401]


def test_challenge_and_redirect_stay_open(nginx, nginx_site, certificate, server_at):
    """An ACME server has no password, and a password must not be sent without TLS."""
    port, secure = free_ports(2)
    site = {
        **SITE,
        **RULES,
        "nginx_site_allow": [ELSEWHERE],
        "nginx_site_listen": [f"127.0.0.1:{port}"],
        "nginx_site_tls": {"mode": "acme", "listen": [f"127.0.0.1:{secure}"]},
    }
    nginx.add(nginx_site, {**site, "__nginx_site_served_certificate": certificate})
    token = nginx.top / "srv/main/acme/.well-known/acme-challenge/token"
    token.parent.mkdir(parents=True)
    token.write_text("the token")
    with running(nginx):
        get = server_at(port, nginx.top).get
        assert get("/.well-known/acme-challenge/token").text == "the token"
        assert get("/api/x", host="example.org").location == "https://example.org/api/x"


class TestFile:
    """The file from which nginx reads users and their hashed passwords."""

    @pytest.fixture
    def files(self, nginx_site):
        def files(**settings) -> dict[str, dict]:
            given = nginx_site.value("__nginx_site_users_files", {**SITE, **settings})
            return {file["dest"]: file for file in given}

        return files

    def test_its_place_and_rights(self, files):
        mount = {"path": "/a/b", "app": "a", "users": {"you": "secret"}}
        made = files(**RULES, nginx_site_mounts=[mount, {"path": "/", "app": "b", "users": {}}])
        assert list(made) == ["/etc/nginx/access/main/site", "/etc/nginx/access/main/+a+b"]
        for file in made.values():
            assert {**file, "secret": ""} == {
                "dest": file["dest"],
                "secret": "",
                "group": "www-data",
                "mode": "0640",
            }

    def test_is_the_same_in_each_run(self, files):
        assert files(**RULES) == files(**RULES)

    def test_each_password_has_its_salt(self, files):
        text = {"nginx_site_users": {"me": "same", "you": "same"}}
        [one] = files(**text).values()
        [other] = files(**text, nginx_site_name="other").values()
        lines = [line for file in (one, other) for line in file["secret"].splitlines()]
        assert len({line.partition(":")[2] for line in lines}) == 4

    def test_passwords_are_nowhere_else(self, nginx_site):
        for files in ("__nginx_site_main_files", "__nginx_site_shared_files"):
            text = "".join(nginx_site.texts(files, {**SITE, **RULES}).values())
            assert "correct horse" not in text
            assert "$7$" not in text

    def test_unused_files_are_removed(self, nginx_site):
        found = [f"/etc/nginx/access/main/{name}" for name in ("site", "+api", "+old")]
        listed = {"files": [{"path": path} for path in found]}
        settings = {**SITE, **RULES, "__nginx_site_users_paths": listed}
        assert nginx_site.value("__nginx_site_unused_users_paths", settings) == found[1:]

    def test_container_reads_it(self, nginx_site):
        root = {"compose_directory": "/home/me/shop"}
        needs = "__nginx_site_compose_needs.compose_paths"
        assert "/etc/nginx/access/main" in nginx_site.value(needs, {**SITE, **RULES, **root})
        assert "/etc/nginx/access/main" not in nginx_site.value(needs, {**SITE, **root})


def test_worker_of_debian_reads_the_file(nginx_site, tmp_path_factory, server_at):
    """nginx's workers are not root."""
    nginx = Nginx(tmp_path_factory.mktemp("debian"), user="www-data")
    [port] = free_ports(1)
    page = {"path": "/", "root": f"{nginx.top}/page"}
    listen = {"nginx_site_listen": [f"127.0.0.1:{port}"], "nginx_site_mounts": [page]}
    nginx.add(nginx_site, {**SITE, **RULES, **listen})
    (nginx.top / "page").mkdir()
    (nginx.top / "page/index.html").write_text("the page")
    for path in (nginx.top, *nginx.top.parents):
        path.chmod(path.stat().st_mode | 0o011)
    file = nginx.top / "access/main/site"
    file.chmod(0o640)
    shutil.chown(file, "root", "www-data")
    with running(nginx):
        assert server_at(port, nginx.top).get("/", ME).text == "the page"
        shutil.chown(file, "root", "root")
        assert server_at(port, nginx.top).get("/", ME).status == 500
