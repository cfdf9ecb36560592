"""What every answer tells browsers besides."""

import pytest

POLICY = "default-src 'self'; frame-ancestors 'none'"
SITES: dict[str, dict] = {
    "quiet": {},
    "careful": {
        "nginx_site_response_headers": {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": POLICY,
        },
    },
    "more": {
        "nginx_site_response_headers": {"Referrer-Policy": "same-origin"},
        "nginx_site_hsts": {"max_age": 600},
    },
}


@pytest.fixture(scope="module")
def careful(sites):
    return sites["http"]["careful"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/x", 200, id="app"),
        pytest.param("/", 200, id="file"),
        pytest.param("/deep/link", 200, id="fallback"),
        pytest.param("/docs/none", 404, id="missing"),
        pytest.param("/api", 308, id="slash"),
        pytest.param("/old", 302, id="redirect"),
        pytest.param("/down/x", 502, id="app that is down"),
        pytest.param(f"/{'x' * 9000}", 414, id="too long"),
    ],
)
def test_every_answer_has_them_once(careful, path: str, status: int):
    answer = careful.get(path)
    assert answer.status == status
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_all("Content-Security-Policy") == [POLICY]


def test_what_the_app_says_stands(careful):
    answer = careful.get("/api/headers?content-security-policy=none")
    assert answer.headers.get_all("Content-Security-Policy") == ["none"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]


def test_they_stand_beside_hsts(sites):
    answer = sites["https"]["more"].get("/api/x")
    assert answer.headers.get_all("Referrer-Policy") == ["same-origin"]
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=600"]


def test_there_are_none_unless_wanted(sites):
    default = {"Server", "Date", "Content-Type", "Content-Length", "Connection"}
    assert set(sites["http"]["quiet"].get("/api/x").headers) == default


@pytest.mark.parametrize("path", ["/api", "/strip", "/as-sent"])
def test_large_head_reaches_the_client(server, path: str):
    """Browsers keep cookies of up to 4096 bytes, and Flask makes them as large."""
    answer = server.get(f"{path}/large-head")
    cookies = answer.headers.get_all("Set-Cookie")
    assert (answer.status, [len(cookie) for cookie in cookies]) == (200, [4093, 4093])
