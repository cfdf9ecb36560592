"""During maintenance, nginx answers every request with 503, with few exceptions."""

from __future__ import annotations

import pytest

HOST = "Host: example.org"
WEBSOCKET = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
EXCEPTIONS = {
    "retry_after": 30,
    "allow": ["127.0.0.2", "2001:db8::/32"],
    "paths": ["/api/healthz", "/docs/guide/", "/app.js"],
}
SITES: dict[str, dict] = {
    "on": {"nginx_site_maintenance": True, "nginx_site_aliases": ["www.example.org"]},
    "text": {"nginx_site_maintenance": "yes"},
    "off": {"nginx_site_maintenance": "false"},
    "exceptions": {"nginx_site_maintenance": EXCEPTIONS},
    "proxy": {
        "nginx_site_maintenance": {"allow": ["203.0.113.0/24"]},
        "nginx_site_trusted_proxies": ["127.0.0.1"],
    },
    "headers": {
        "nginx_site_maintenance": True,
        "nginx_site_hsts": {"max_age": 600},
        "nginx_site_response_headers": {"X-Team": "blue", "Cache-Control": "max-age=60"},
    },
}


@pytest.fixture(scope="module")
def redirecting(serve_each):
    """A site in maintenance that redirects from http to https."""
    site = {"nginx_site_maintenance": {"paths": ["/api/healthz"]}}
    with serve_each({"redirecting": site}) as served:
        yield served["http"]["redirecting"]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        pytest.param("GET / HTTP/1.1", [HOST], 503, id="page"),
        pytest.param("GET /app.js HTTP/1.1", [HOST], 503, id="file"),
        pytest.param("GET /api/static/style.css HTTP/1.1", [HOST], 503, id="static file"),
        pytest.param("GET /api/x?a=b HTTP/1.1", [HOST], 503, id="app"),
        pytest.param("HEAD /api/x HTTP/1.1", [HOST], 503, id="HEAD"),
        pytest.param("OPTIONS /api/x HTTP/1.1", [HOST], 503, id="OPTIONS"),
        pytest.param("OPTIONS /app.js HTTP/1.1", [HOST], 503, id="OPTIONS of a file"),
        pytest.param("PUT /app.js HTTP/1.1", [HOST, "Content-Length: 0"], 503, id="PUT to a file"),
        pytest.param("DELETE /api/x HTTP/1.1", [HOST], 503, id="DELETE"),
        pytest.param("GET /api/socket HTTP/1.1", [HOST, *WEBSOCKET], 503, id="WebSocket"),
        pytest.param("GET /api HTTP/1.1", [HOST], 503, id="redirect to the slash"),
        pytest.param("GET /docs/guide HTTP/1.1", [HOST], 503, id="slash of a directory"),
        pytest.param("GET /old HTTP/1.1", [HOST], 503, id="redirect"),
        pytest.param("GET /none HTTP/1.1", [HOST], 503, id="no mount"),
        pytest.param("GET /favicon.ico HTTP/1.1", [HOST], 503, id="icon"),
        pytest.param("GET /down/x HTTP/1.1", [HOST], 503, id="app that is down"),
        pytest.param("GET /.errors/maintenance.html HTTP/1.1", [HOST], 503, id="the page itself"),
        pytest.param("GET /api/x HTTP/1.1", ["Host: www.example.org"], 503, id="alias"),
        pytest.param("GET /api/x HTTP/1.0", [], 503, id="no host"),
        pytest.param("GET /api/x HTTP/1.1", ["Host: evil.example"], 421, id="unknown name"),
        pytest.param("GET /api/x HTTP/1.1", ["Host: a b"], 400, id="malformed name"),
        pytest.param("TRACE / HTTP/1.1", [HOST], 405, id="TRACE"),
        pytest.param(f"GET /{'x' * 9000} HTTP/1.1", [HOST], 414, id="too long"),
        pytest.param(
            "GET /.well-known/acme-challenge/token HTTP/1.1", [HOST], 200, id="ACME challenge"
        ),
        pytest.param(
            "GET /.well-known/acme-challenge/../../app.js HTTP/1.1", [HOST], 503, id="dots"
        ),
    ],
)
def test_request(sites, scheme: str, line: str, headers: list[str], status: int):
    answer = sites[scheme]["on"].ask(line, *headers)
    assert answer.status == status
    assert answer.headers["Retry-After"] == ("600" if status == 503 else None)
    assert answer.headers["Cache-Control"] == {503: "no-store", 200: "no-cache"}.get(status)
    has_page = b"<h1>Under maintenance</h1>" in answer.body
    assert has_page is (status == 503 and not line.startswith("HEAD"))


@pytest.mark.parametrize("size", [3, 5_000_000], ids=["small", "larger than the limit"])
class TestUpload:
    def test_by_http_1(self, sites, size: int):
        answer = sites["http"]["on"].ask(
            "POST /api/x HTTP/1.1", HOST, f"Content-Length: {size}", body="x" * size
        )
        assert (answer.status, b"Under maintenance" in answer.body) == (503, True)

    def test_by_http_2(self, sites, size: int):
        fields = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "example.org"),
            (":path", "/api/x"),
            ("content-length", str(size)),
        ]
        answer = sites["https"]["on"].stream(fields, body="x" * size)
        assert (answer.status, answer.headers["retry-after"]) == (503, "600")


def test_connection_stays_open(sites):
    server = sites["http"]["on"]
    with server.connect() as connection:
        for _ in range(3):
            connection.sendall(b"GET /api/x HTTP/1.1\r\nHost: example.org\r\n\r\n")
            received = b""
            while b"</html>" not in received:
                received += connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    ("path", "peer", "status"),
    [
        pytest.param("/api/healthz", "127.0.0.1", 200, id="path of an app"),
        pytest.param("/api/healthz?deep=1", "127.0.0.1", 200, id="query"),
        pytest.param("/docs/guide/", "127.0.0.1", 200, id="path with a slash"),
        pytest.param("/app.js", "127.0.0.1", 200, id="file"),
        pytest.param("/api/healthz/x", "127.0.0.1", 503, id="path below"),
        pytest.param("/api/healthz%0a", "127.0.0.1", 503, id="line feed"),
        pytest.param("/api/healthzx", "127.0.0.1", 503, id="longer path"),
        pytest.param("/appxjs", "127.0.0.1", 503, id="other letter for a dot"),
        pytest.param("/docs/guide", "127.0.0.1", 503, id="without its slash"),
        pytest.param("/api/x", "127.0.0.2", 200, id="admitted client"),
        pytest.param("/deep/link", "127.0.0.2", 200, id="fallback for an admitted client"),
        pytest.param("/down/x", "127.0.0.2", 502, id="app that is down for an admitted client"),
        pytest.param("/docs/none", "127.0.0.2", 404, id="missing file for an admitted client"),
        pytest.param("/api/x", "127.0.0.3", 503, id="other client"),
    ],
)
def test_exception(sites, path: str, peer: str, status: int):
    answer = sites["http"]["exceptions"].get(path, peer=peer)
    assert answer.status == status
    assert answer.headers["Retry-After"] == ("30" if status == 503 else None)


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        pytest.param("127.0.0.1", "203.0.113.9", 200, id="admitted client behind the proxy"),
        pytest.param("127.0.0.1", "198.51.100.9", 503, id="other client behind the proxy"),
        pytest.param("127.0.0.2", "203.0.113.9", 503, id="forged address"),
        pytest.param("127.0.0.1", "203.0.113.9, 198.51.100.9", 503, id="forged first address"),
    ],
)
def test_client_is_admitted_by_its_address(sites, peer: str, forwarded: str, status: int):
    answer = sites["http"]["proxy"].get("/api/x", f"X-Forwarded-For: {forwarded}", peer=peer)
    assert answer.status == status


@pytest.mark.parametrize(("site", "status"), [("on", 503), ("text", 503), ("off", 200)])
def test_value(sites, site: str, status: int):
    assert sites["http"][site].get("/api/x").status == status


def test_maintenance_comes_before_https(redirecting):
    statuses = [redirecting.get(path).status for path in ("/api/x", "/api/healthz")]
    assert statuses == [503, 308]


def test_headers_of_the_site(sites):
    headers = sites["https"]["headers"].get("/api/x").headers
    names = ("X-Team", "Cache-Control", "Strict-Transport-Security", "Retry-After")
    assert [headers.get_all(name) for name in names] == [
        ["blue"],
        ["no-store"],
        ["max-age=600"],
        ["600"],
    ]
