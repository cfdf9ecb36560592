"""An upload gets the status of the app, also if the app does not read it or does not run."""

import pytest

LIMIT = 1 << 20
"""nginx's own limit of a body (client_max_body_size)."""

BODIES = {"3 bytes": 3, "nginx's limit": LIMIT, "2 MB": 2_000_000, "20 MB": 20_000_000}
ANSWERS = {
    "early": ("/api/early", 403),
    "late": ("/api/late", 200),
    "down": ("/down/x", 502),
    "too large": ("/small/x", 413),
}
ROUNDS = 8
"""Whether nginx can write the whole body before the app closes is a race."""


@pytest.fixture(scope="module")
def uploads(serve_each, server):
    """The site with mounts that take large bodies, and one that does not."""
    large = {"body_size": "50m"}
    mounts = [
        {"path": "/api", "upstreams": [f"{server.top}/api.sock"], **large},
        {"path": "/down", "upstreams": [f"{server.top}/down.sock"], **large},
        {"path": "/small", "upstreams": [f"{server.top}/api.sock"], "body_size": "2"},
    ]
    settings = {"nginx_site_mounts": mounts, "nginx_site_https_redirect": False}
    with serve_each({"uploads": settings}) as served:
        yield {scheme: servers["uploads"] for scheme, servers in served.items()}


@pytest.mark.parametrize("size", BODIES.values(), ids=list(BODIES))
@pytest.mark.parametrize(("path", "status"), ANSWERS.values(), ids=list(ANSWERS))
class TestUpload:
    def test_by_http_1(self, uploads, path: str, status: int, size: int):
        lines = [f"POST {path} HTTP/1.1", "Host: example.org", f"Content-Length: {size}"]
        answers = [uploads["http"].ask(*lines, body="x" * size) for _ in range(ROUNDS)]
        assert {answer.status for answer in answers} == {status}

    def test_by_http_2(self, uploads, path: str, status: int, size: int):
        fields = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "example.org"),
            (":path", path),
            ("content-length", str(size)),
        ]
        answers = [uploads["https"].stream(fields, body="x" * size) for _ in range(ROUNDS)]
        assert {answer.status for answer in answers} == {status}
