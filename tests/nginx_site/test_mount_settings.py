"""Limits and response headers of one mount, beside those of its site."""

from __future__ import annotations

import pytest

ONE = {"rate": "1r/m", "burst": 0}
SITE_HEADERS = {"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}
HEADERS = {"x-frame-options": "SAMEORIGIN", "X-Robots-Tag": "noindex"}
HSTS = "max-age=600"


@pytest.fixture(scope="module")
def served(server, serve_each):
    top = server.top
    static = [{"path": "/static", "root": f"{top}/static"}]
    api = {"path": "/api", "upstreams": [f"{top}/api.sock"], "static": static}
    docs = {"path": "/docs", "root": f"{top}/docs"}
    page = {"path": "/", "root": f"{top}/page", "fallback": "/index.html", "immutable": ["/a"]}
    modes = {
        "mount": {"nginx_site_mounts": [{**api, "limits": ONE}, docs]},
        "both": {
            "nginx_site_limits": {"rate": "1r/m", "burst": 2},
            "nginx_site_mounts": [{**api, "limits": {"rate": "1r/m", "burst": 5}}, docs],
        },
        "slow": {"nginx_site_mounts": [{**api, "limits": {"body_timeout": 1}}, docs]},
        "headers": {
            "nginx_site_response_headers": SITE_HEADERS,
            "nginx_site_hsts": {"max_age": 600},
            "nginx_site_mounts": [
                {**page, "response_headers": HEADERS},
                {**api, "response_headers": HEADERS},
                {**docs, "response_headers": {"Cache-Control": "no-store"}},
                {"path": "/other", "upstreams": [f"{top}/down.sock"]},
            ],
        },
    }
    with serve_each(modes, nginx_site_https_redirect=False) as served:
        yield served


def statuses(server, paths: list[str]) -> list[int]:
    return [server.get(path).status for path in paths]


def test_rate_of_a_mount(served):
    site = served["http"]["mount"]
    assert statuses(site, ["/api/x", "/api/y", "/api/static/style.css"]) == [200, 429, 429]
    assert statuses(site, ["/docs/"] * 3) == [200, 200, 200]


def test_rate_of_the_site_holds_beside_it(served):
    assert statuses(served["http"]["both"], ["/api/x", "/docs/", "/api/x", "/api/x"]) == [
        200,
        200,
        200,
        429,
    ]


@pytest.mark.parametrize(("path", "status"), [("/api/late", 408), ("/docs/", 405)])
def test_slow_body(served, path: str, status: int):
    with served["http"]["slow"].connect() as connection:
        head = [f"POST {path} HTTP/1.1", "Host: example.org", "Content-Length: 9", "", ""]
        connection.sendall("\r\n".join(head).encode())
        received = connection.recv(65536)
    # nginx closes a connection whose client is slow, without an answer.
    assert (received[9:12] or b"408") == str(status).encode()


@pytest.mark.parametrize(
    ("path", "status", "caching"),
    [
        pytest.param("/", 200, "no-cache", id="page"),
        pytest.param("/deep/link", 200, "no-cache", id="fallback"),
        pytest.param("/none.js", 404, None, id="missing"),
        pytest.param("/a/none.js", 404, None, id="immutable"),
        pytest.param("/favicon.ico", 404, None, id="icon"),
        pytest.param("/api", 308, None, id="slash"),
        pytest.param("/api/x", 200, None, id="app"),
        pytest.param("/api/static/style.css", 200, "no-cache", id="static"),
    ],
)
def test_headers_of_a_mount(served, path: str, status: int, caching: str | None):
    headers = served["https"]["headers"].get(path).headers
    assert served["https"]["headers"].get(path).status == status
    assert headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]
    assert headers.get_all("X-Robots-Tag") == ["noindex"]
    assert headers.get_all("Referrer-Policy") == ["same-origin"]
    assert headers.get_all("Strict-Transport-Security") == [HSTS]
    assert headers["Cache-Control"] == caching


def test_header_of_the_app_stays(served):
    answer = served["http"]["headers"].get("/api/headers?x-robots-tag=all")
    assert answer.headers.get_all("X-Robots-Tag") == ["all"]


def test_caching_of_a_mount(served):
    answer = served["http"]["headers"].get("/docs/")
    assert answer.headers.get_all("Cache-Control") == ["no-store"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_other_mount_keeps_those_of_the_site(served):
    headers = served["http"]["headers"].get("/other/").headers
    assert (headers["X-Frame-Options"], headers["X-Robots-Tag"]) == ("DENY", None)
