"""Which scripts of other origins may read responses, and how browsers ask for it."""

from __future__ import annotations

import pytest

APP, OTHER = "https://app.example.org", "http://localhost:3000"
ALLOW = "Access-Control-Allow-"
ME = "Authorization: Basic bWU6c2VjcmV0"


@pytest.fixture(scope="module")
def served(server, serve_each):
    top = server.top
    static = [{"path": "/static", "root": f"{top}/static"}]
    api = {"path": "/api", "upstreams": [f"{top}/api.sock"], "static": static}
    page = {"path": "/", "root": f"{top}/page", "fallback": "/index.html", "immutable": ["/assets"]}
    modes = {
        "site": {
            "nginx_site_cors": [APP, OTHER],
            "nginx_site_users": {"me": "secret"},
            "nginx_site_mounts": [
                page,
                api,
                {"path": "/none", "root": f"{top}/docs", "cors": []},
                {
                    "path": "/more",
                    "root": f"{top}/docs",
                    "cors": {
                        "origins": [OTHER],
                        "credentials": True,
                        "methods": ["GET", "QUERY"],
                        "headers": ["X-Team"],
                        "max_age": 5,
                    },
                },
            ],
        },
        "everybody": {
            "nginx_site_cors": ["*"],
            "nginx_site_hsts": {"max_age": 600},
            "nginx_site_mounts": [page, api],
        },
    }
    with serve_each(modes, nginx_site_https_redirect=False) as served:
        yield served


@pytest.fixture(scope="module")
def site(served):
    return served["http"]["site"]


def allowed(answer) -> dict[str, str]:
    """Return what a response allows, each once."""
    names = [name for name in answer.headers if name.startswith("Access-Control-")]
    assert len(names) == len(set(names))
    return {name.removeprefix(ALLOW): answer.headers[name] for name in names}


def preflight(server, path: str, origin: str, *headers: str):
    asks = [f"Origin: {origin}", "Access-Control-Request-Method: PUT", *headers]
    return server.ask(f"OPTIONS {path} HTTP/1.1", "Host: example.org", *asks)


DEFAULT = {
    "Origin": APP,
    "Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}
PATHS = ["/", "/index.html", "/app.js", "/assets/x.js", "/a/b", "/api", "/api/x", "/api/static/x"]


@pytest.mark.parametrize("path", PATHS)
def test_preflight_needs_no_password(site, path: str):
    answer = preflight(site, path, APP)
    assert (answer.status, answer.body, allowed(answer)) == (204, b"", DEFAULT)
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("https://evil.example", id="other"),
        pytest.param("null", id="null"),
        pytest.param("http://app.example.org", id="other scheme"),
        pytest.param(f"{APP}:8443", id="other port"),
        pytest.param(f"{APP}.evil.example", id="longer"),
        pytest.param("https://a.app.example.org", id="subdomain"),
        pytest.param("https://appXexample.org", id="dot is no wildcard"),
        pytest.param(f"{APP}, https://evil.example", id="list"),
    ],
)
@pytest.mark.parametrize("ask", ["preflight", "request"])
def test_other_origin(site, ask: str, origin: str):
    if ask == "preflight":
        answer = preflight(site, "/api/x", origin)
    else:
        answer = site.get("/api/x", f"Origin: {origin}", ME)
        assert answer.status == 200
    assert allowed(answer) == {}
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/api/x", [ME], 200, id="app"),
        pytest.param("/api", [ME], 308, id="slash"),
        pytest.param("/app.js", [ME], 200, id="file"),
        pytest.param("/assets/none.js", [ME], 404, id="missing"),
        pytest.param("/api/x", [], 401, id="no password"),
    ],
)
def test_response(site, path: str, headers: list[str], status: int):
    answer = site.get(path, f"Origin: {OTHER}", *headers)
    assert (answer.status, allowed(answer)) == (status, {"Origin": OTHER})
    assert answer.headers["Vary"] == "Origin"


def test_response_without_origin(site):
    answer = site.get("/api/x", ME)
    assert (allowed(answer), answer.headers["Vary"]) == ({}, "Origin")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="no script"),
        pytest.param([f"Origin: {APP}"], id="no method"),
        pytest.param(["Access-Control-Request-Method: PUT"], id="no origin"),
    ],
)
def test_other_options_reach_the_app(site, headers: list[str]):
    answer = site.ask("OPTIONS /api/x HTTP/1.1", "Host: example.org", ME, *headers)
    assert answer.echo["method"] == "OPTIONS"


def test_headers_of_the_app_do_not_double(site):
    names = ["Origin", "Credentials", "Methods", "Headers"]
    query = "&".join(f"{ALLOW}{name}=*" for name in names)
    path = f"/api/headers?{query}&Access-Control-Max-Age=9"
    assert allowed(site.get(path, f"Origin: {APP}", ME)) == {"Origin": APP}
    assert allowed(site.get(path, "Origin: https://evil.example", ME)) == {}


def test_mount_has_other_settings(site):
    assert allowed(preflight(site, "/more/", OTHER)) == {
        "Origin": OTHER,
        "Credentials": "true",
        "Methods": "GET, QUERY",
        "Headers": "X-Team",
        "Access-Control-Max-Age": "5",
    }
    assert allowed(preflight(site, "/more/", APP)) == {}


def test_mount_without(site):
    answer = preflight(site, "/none/", APP)
    assert (answer.status, allowed(answer), answer.headers["Vary"]) == (401, {}, None)


def test_everybody(served):
    answer = served["https"]["everybody"].get(
        "/api/headers?strict-transport-security=none", "Origin: https://any.example"
    )
    assert allowed(answer) == {"Origin": "*"}
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=600"]
