"""A service that says for each request whether nginx lets it pass, as oauth2-proxy does."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

USER = "X-Auth-Request-User"
SIGNED_IN = "Cookie: session=ann"
FORGED = [f"{USER}: root", "X_Auth_Request_User: root", "x-auth-request-email: root@example.org"]


class Service(BaseHTTPRequestHandler):
    """Lets those pass who have a session, and remembers what it was requested."""

    protocol_version = "HTTP/1.1"
    requested: list[dict[str, str]] = []

    def do_GET(self) -> None:
        self.requested.append({":line": self.requestline, **dict(self.headers.items())})
        user = (self.headers["Cookie"] or "").partition("session=")[2]
        self.send_response({"": 401, "eve": 403, "odd": 500}.get(user, 202))
        if user == "ann":
            self.send_header(USER, user)
        self.send_header("Set-Cookie", "renewed=1; Path=/; HttpOnly")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = do_OPTIONS = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture(scope="module")
def service():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def served(server, serve_each, service, tmp_path_factory):
    top = server.top
    pages = tmp_path_factory.mktemp("pages")
    (pages / "4xx.html").write_text("A page for errors")
    published = {"path": "/.errors", "immutable": []}
    static = [{"path": "/static", "root": f"{top}/static", "immutable": True}]
    api = {"path": "/api", "upstreams": [f"{top}/api.sock"], "static": static}
    page = {
        "path": "/",
        "root": f"{top}/page",
        "fallback": "/index.html",
        "immutable": ["/assets"],
    }
    raw = {"path": "/as-sent", "upstreams": [f"{top}/as-sent.sock"], "raw": True}
    names = [USER, "X-Auth-Request-Email"]
    sso = {"path": "/oauth2", "upstreams": [service], "auth_request": False}
    same = {"url": "/oauth2/auth", "sign_in": "/oauth2/start?rd=", "headers": names}
    other = {
        "url": f"http://{service}/verify",
        "sign_in": "https://auth.example.org/?rd=",
        "headers": names,
    }
    open_ = {"path": "/open", "upstreams": [f"{top}/strip.sock"], "strip": True}
    modes = {
        "site": {
            "nginx_site_auth_request": same,
            "nginx_site_mounts": [page, api, raw, sso, {**open_, "auth_request": False}],
            "nginx_site_response_headers": {"X-Frame-Options": "DENY"},
            "nginx_site_limits": {"body_size": "1m"},
        },
        "outer": {
            "nginx_site_auth_request": same,
            "nginx_site_mounts": [{**page, "path": "/docs"}, api, sso],
            "nginx_site_trusted_proxies": ["127.0.0.1"],
            "nginx_site_trusted_headers": ["for", "prefix"],
        },
        "mount": {
            "nginx_site_mounts": [
                {**page, "auth_request": other},
                {**api, "auth_request": other, "body_size": "9m"},
                {**raw, "auth_request": other},
                {**open_, "auth_request": {"url": f"http://{service}/verify"}},
            ]
        },
        "pages": {
            "nginx_site_auth_request": same,
            "nginx_site_error_pages": {"src": str(pages), "replace_app_errors": True},
            "nginx_site_mounts": [api, sso],
            "__nginx_site_published": {
                "results": [{"item": published, "dest": str(pages), "others": []}]
            },
        },
        "down": {
            "nginx_site_auth_request": {"url": "http://127.0.0.1:9/" + "x"},
            "nginx_site_mounts": [api],
        },
        "any": {
            "nginx_site_auth_request": same,
            "nginx_site_allow": ["127.0.0.9"],
            "nginx_site_satisfy": "any",
            "nginx_site_mounts": [api, {**sso, "satisfy": "all", "allow": []}],
        },
    }
    with serve_each(modes, nginx_site_https_redirect=False) as served:
        yield served


@pytest.fixture(scope="module")
def site(served):
    return served["http"]["site"]


@pytest.mark.parametrize(
    "path",
    ["/", "/index.html", "/app.js", "/none.js", "/a/b", "/favicon.ico", "/api", "/api/x"]
    + ["/api/static/style.css", "/assets/x.js"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT"])
class TestEveryLocation:
    def test_is_closed(self, site, method: str, path: str):
        answer = site.ask(f"{method} {path} HTTP/1.1", "Host: example.org")
        assert (answer.status, answer.location) == (302, f"/oauth2/start?rd={path}")
        assert answer.headers["X-Frame-Options"] == "DENY"

    def test_is_forbidden(self, site, method: str, path: str):
        answer = site.ask(f"{method} {path} HTTP/1.1", "Host: example.org", "Cookie: session=eve")
        assert answer.status == 403


UNCLEAR = {
    "parent": "/open/../{}",
    "encoded parent": "/open/%2e%2E/{}",
    "parent between encoded slashes": "/open%2f..%2F{}",
    "parent, half encoded": "/open/.%2e/{}",
    "same directory": "/./{}",
    "two slashes": "//{}",
    "encoded slash": "/%2f{}",
    "encoded slashes": "/open/x/..%2F%2f..//{}",
    "fragment": "/{}#/../open",
    "URL": "http://example.org//{}",
    "URL with a parent": "http://example.org/open/../{}",
}


@pytest.mark.parametrize(
    "path",
    ["", "index.html", "app.js", "none.js", "a/b", "favicon.ico", "assets/x.js", "api", "api/x"]
    + ["api/static/style.css", "as-sent/x"],
)
@pytest.mark.parametrize("way", UNCLEAR.values(), ids=UNCLEAR)
@pytest.mark.parametrize("mode", ["site", "mount"])
def test_path_that_the_service_could_read_otherwise(served, mode: str, path: str, way: str):
    before = len(Service.requested)
    for method in ("GET", "POST", "OPTIONS"):
        line = f"{method} {way.format(path)} HTTP/1.1"
        answer = served["http"][mode].ask(line, "Host: example.org", SIGNED_IN)
        assert answer.status == 400
    assert len(Service.requested) == before


@pytest.mark.parametrize("end", ["/..", "/.", "/%2e%2e", "//", "/%2F", "#", "#?a", "/x/..?a=b"])
def test_end_that_the_service_could_read_otherwise(site, end: str):
    assert site.get(f"/api/x{end}", SIGNED_IN).status == 400


@pytest.mark.parametrize("path", ["/open/../api/x", "//api/x"])
def test_unclear_path_by_http2(served, path: str):
    fields = {":method": "GET", ":scheme": "https", ":authority": "example.org", ":path": path}
    fields["cookie"] = "session=ann"
    assert served["https"]["site"].stream(list(fields.items())).status == 400


def test_url_without_a_path(site):
    line = "GET http://example.org?a HTTP/1.1"
    assert site.ask(line, "Host: example.org", SIGNED_IN).status == 400


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/a..b/...x/.y/..z", id="dots"),
        pytest.param("/api/x?a=/../b//c", id="query"),
        pytest.param("/api/%2561/a%2Fb/%23/%3f", id="percent-encoding"),
        pytest.param("http://example.org/api/x", id="URL"),
    ],
)
def test_clear_path_passes(site, path: str):
    assert site.get(path, SIGNED_IN).status == 200


@pytest.mark.parametrize("path", ["/open//x", "/api/../open/x", "//open/%2e/x#y"])
def test_path_of_a_mount_without_a_service(site, path: str):
    assert site.get(path).status == 200


@pytest.mark.parametrize(
    ("path", "status", "caching"),
    [
        ("/", 200, "no-cache"),
        ("/app.js", 200, "no-cache"),
        ("/a/b", 200, "no-cache"),
        ("/api", 308, None),
        ("/api/x", 200, None),
        ("/api/static/style.css", 200, "public, max-age=31536000, immutable"),
    ],
)
def test_is_open_for_a_session(site, path: str, status: int, caching: str | None):
    answer = site.get(path, SIGNED_IN)
    assert (answer.status, answer.headers["Cache-Control"]) == (status, caching)
    assert answer.headers.get_all("Set-Cookie") == ["renewed=1; Path=/; HttpOnly"]


@pytest.mark.parametrize(
    ("mode", "path", "headers", "user"),
    [
        pytest.param("site", "/api/x", [SIGNED_IN], "ann", id="user"),
        pytest.param("site", "/api/x", [SIGNED_IN, *FORGED], "ann", id="forged"),
        pytest.param("site", "/api/x", ["Cookie: session=bob", *FORGED], None, id="no answer"),
        pytest.param("site", "/open/x", FORGED, None, id="open mount"),
        pytest.param("mount", "/api/x", [SIGNED_IN, *FORGED], "ann", id="mount"),
        pytest.param("mount", "/open/x", [SIGNED_IN, *FORGED], None, id="other mount"),
    ],
)
def test_app_gets_the_user(served, mode: str, path: str, headers: list[str], user: str | None):
    received = served["http"][mode].get(path, *headers).received
    assert received.get("HTTP_X_AUTH_REQUEST_USER") == user
    assert "HTTP_X_AUTH_REQUEST_EMAIL" not in received


def test_app_gets_its_prefix(site):
    assert site.get("/api/x", SIGNED_IN).echo["url"] == "http://example.org:8000/api/x"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("/api/x?a=b", "/api/x?a=b", id="one argument"),
        pytest.param("/api/x?a=1&b=2&rd=//evil", "/api/x?a=1&b=2&rd=//evil", id="arguments"),
        pytest.param("/api/x?a=b+c", "/api/x", id="space"),
        pytest.param("/api/x?a=%26b=%0d", "/api/x", id="encoded query"),
        pytest.param("/api/a%2Fb?c", "/", id="encoded path"),
        pytest.param("/api/a;b", "/", id="semicolon"),
        pytest.param("/api/x?" + "&".join("abcdefghi"), "/api/x?a&b&c&d&e&f&g&h&i", id="eight"),
        pytest.param("/api/x?" + "&".join("abcdefghij"), "/api/x", id="nine"),
        pytest.param("/api/x?a=%", "/api/x", id="no encoding"),
        pytest.param('/api/x?"<a>', "/api/x", id="quotes"),
    ],
)
@pytest.mark.parametrize(("mode", "start"), [("site", ""), ("mount", "http://example.org:8000")])
def test_return_path(served, mode: str, start: str, path: str, value: str):
    answer = served["http"][mode].get(path)
    assert answer.status == 302
    assert parse_qs(urlsplit(answer.location).query, separator="&") == {"rd": [start + value]}


def test_return_path_in_utf8(site):
    """The service decodes it, and encodes it again in its redirect."""
    location = site.get("/?q=%C3%A4" + "%D0%BF" * 20).location
    assert location == "/oauth2/start?rd=/?q=%C3%A4" + "%D0%BF" * 20


def test_outer_prefix(served):
    answer = served["http"]["outer"].get("/api/x", "X-Forwarded-Prefix: /outer")
    assert answer.location == "/outer/oauth2/start?rd=/outer/api/x"
    assert Service.requested[-1]["X-Forwarded-Uri"] == "/outer/api/x"


@pytest.mark.parametrize(("mode", "requested"), [("site", "/oauth2/auth"), ("mount", "/verify")])
def test_what_the_service_receives(served, mode: str, requested: str):
    forged = ["X-Original-URI: /forged", "X-Forwarded-Method: GET", "X-Forwarded-For: 1.2.3.4"]
    line = "POST /api/late?a=b HTTP/1.1"
    answer = served["http"][mode].ask(
        line, "Host: example.org:8000", SIGNED_IN, *forged, "Content-Length: 5", body="12345"
    )
    assert answer.text == "5 bytes"
    received = Service.requested[-1]
    assert received[":line"].split()[1] == requested
    assert {name: received.get(name) for name in EXPECTED} == EXPECTED


EXPECTED = {
    "Host": "example.org:8000",
    "Cookie": "session=ann",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "example.org:8000",
    "X-Forwarded-Method": "POST",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Uri": "/api/late?a=b",
    "X-Original-Method": "POST",
    "X-Original-Uri": "/api/late?a=b",
    "X-Original-Url": "http://example.org:8000/api/late?a=b",
    "Content-Length": None,
    "Transfer-Encoding": None,
}


def test_large_body(served):
    """The limit of the mount holds, and none at the service."""
    headers = ["Host: example.org", SIGNED_IN, f"Content-Length: {2**21}"]
    answer = served["http"]["mount"].ask("POST /api/late HTTP/1.1", *headers, body="x" * 2**21)
    assert answer.text == f"{2**21} bytes"


def test_mount_of_the_service_is_open(site):
    assert site.get("/oauth2/start", SIGNED_IN).status == 202


@pytest.mark.parametrize("path", ["/.auth_request", "/.auth_request1"])
def test_clients_cannot_ask_themselves(site, path: str):
    assert site.get(path, SIGNED_IN).status == 404


@pytest.mark.parametrize("mode", ["down", "site"])
def test_failed_service_lets_nothing_pass(served, mode: str):
    answer = served["http"][mode].get("/api/x", "Cookie: session=odd")
    assert answer.status == 500


def test_address_is_enough(served):
    any_ = served["http"]["any"]
    assert any_.get("/api/x", peer="127.0.0.9").status == 200
    assert any_.get("/api/x").status == 302
    assert any_.get("/api/x", SIGNED_IN).status == 200


def test_by_http2(served):
    fields = {":method": "GET", ":scheme": "https", ":authority": "example.org", ":path": "/api/x"}
    answer = served["https"]["site"].stream(list(fields.items()))
    assert (answer.status, answer.location) == (302, "/oauth2/start?rd=/api/x")


def test_sign_in_comes_before_pages_for_errors(served):
    answer = served["http"]["pages"].get("/api/x")
    assert (answer.status, answer.location) == (302, "/oauth2/start?rd=/api/x")
