"""Files that clients get only from an app that names them, by X-Accel-Redirect."""

from __future__ import annotations

import os
from urllib.parse import quote, urlencode

import pytest

REPORT = bytes(range(256)) * 40
FILES = {
    "protected/report.pdf": REPORT,
    "protected/käse 100%.txt": b"cheese",
    "protected/sub/index.html": b"the index",
    "protected/.secret": b"the secret",
    "page/index.html": b"the page",
    "secret.txt": b"the secret",
}
HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Language": "en"}
SITES: dict[str, dict] = {
    "plain": {},
    "headers": {"nginx_site_response_headers": HEADERS},
    "caching": {"nginx_site_response_headers": {"Cache-Control": "max-age=60"}},
    "outer": {"nginx_site_public_url": "http://example.org/outer"},
}


@pytest.fixture(scope="module")
def sites(serve_each, server, tmp_path_factory):
    """Each of the sites, by http."""
    top = tmp_path_factory.mktemp("internal")
    for name, content in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    (top / "protected/theirs").symlink_to(top / "secret.txt")
    os.chown(top / "protected/theirs", 65534, 65534, follow_symlinks=False)
    mounts = [
        {"path": "/", "root": f"{top}/page"},
        {"path": "/api", "upstreams": [f"{server.top}/api.sock"]},
        {"path": "/protected", "root": f"{top}/protected", "internal": True},
    ]
    with serve_each(SITES, nginx_site_https_redirect=False, nginx_site_mounts=mounts) as served:
        yield served["http"]


@pytest.fixture(scope="module")
def named(sites):
    """A function that requests a file by way of the app, which sends these headers."""

    def named(path: str, *fields: str, site: str = "plain", method: str = "GET", **headers: str):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        query = urlencode({"x-accel-redirect": quote(path), **given})
        line = f"{method} /api/bare?{query} HTTP/1.1"
        return sites[site].ask(line, "Host: example.org", "Content-Length: 0", *fields)

    return named


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/protected/report.pdf", id="file"),
        pytest.param("/protected/", id="directory"),
        pytest.param("/protected/sub/", id="directory with an index"),
        pytest.param("//protected/report.pdf", id="two slashes"),
        pytest.param("/x/../protected/report.pdf", id="dots"),
        pytest.param("/%70rotected/report.pdf", id="encoded letter"),
        pytest.param("/protected/none", id="missing file"),
    ],
)
def test_client_gets_404(sites, method: str, path: str):
    answer = sites["plain"].ask(f"{method} {path} HTTP/1.1", "Host: example.org")
    assert answer.status == 404


def test_path_of_the_mount_is_missing(sites):
    assert sites["plain"].get("/protected").status == 404


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_app_names_a_file(named, site: str, method: str):
    answer = named("/protected/report.pdf", site=site, method=method)
    assert (answer.status, answer.body) == (200, REPORT)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        pytest.param("/protected/käse 100%.txt", 200, b"cheese", id="encoded name"),
        pytest.param("/protected/sub/", 200, b"the index", id="directory with an index"),
        pytest.param("/protected/", 404, None, id="directory"),
        pytest.param("/protected/none", 404, None, id="missing file"),
        pytest.param("/protected/.secret", 404, None, id="hidden file"),
        pytest.param("/protected/theirs", 404, None, id="link to a file of another user"),
        pytest.param("/protected/../secret.txt", 404, None, id="dots"),
        pytest.param("/protected../secret.txt", 404, None, id="dots without a slash"),
    ],
)
def test_path_that_an_app_names(named, path: str, status: int, body: bytes | None):
    answer = named(path)
    assert answer.status == status
    assert answer.body == body if body else b"secret" not in answer.body


def test_head(named):
    answer = named("/protected/report.pdf", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(REPORT))


@pytest.mark.parametrize(
    ("field", "status", "body", "content_range"),
    [
        pytest.param("bytes=2-5", 206, REPORT[2:6], "bytes 2-5/10240", id="range"),
        pytest.param("bytes=-4", 206, REPORT[-4:], "bytes 10236-10239/10240", id="end"),
        pytest.param("bytes=99999-", 416, None, "bytes */10240", id="beyond the end"),
    ],
)
def test_range(named, field: str, status: int, body: bytes | None, content_range: str):
    answer = named("/protected/report.pdf", f"Range: {field}")
    assert (answer.status, answer.headers["Content-Range"]) == (status, content_range)
    assert body is None or answer.body == body


def test_validation(named):
    first = named("/protected/report.pdf")
    for field, value in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        assert named("/protected/report.pdf", f"{field}: {first.headers[value]}").status == 304


class TestHeaders:
    def test_of_the_app_are_kept(self, named):
        given = {
            "content_disposition": 'attachment; filename="a.pdf"',
            "set_cookie": "a=b",
            "cache_control": "private, max-age=9",
        }
        headers = named("/protected/report.pdf", **given).headers
        for name, value in given.items():
            assert headers.get_all(name.replace("_", "-")) == [value]

    def test_type_is_the_one_of_the_app(self, named):
        headers = named("/protected/report.pdf", content_type="application/x-report").headers
        assert headers.get_all("Content-Type") == ["application/x-report"]

    def test_type_follows_from_the_name_without_the_app(self, named):
        headers = named("/protected/report.pdf").headers
        assert headers.get_all("Content-Type") == ["application/pdf"]

    def test_file_is_validated_unless_the_app_says_how_long_it_stays(self, named):
        headers = named("/protected/report.pdf").headers
        assert headers.get_all("Cache-Control") == ["no-cache"]

    def test_of_the_site_are_there_although_the_app_sends_its_value(self, named):
        given = {"x_content_type_options": "nosniff", "content_language": "de"}
        headers = named("/protected/report.pdf", site="headers", **given).headers
        assert {name: headers.get_all(name) for name in HEADERS} == {
            name: [value] for name, value in HEADERS.items()
        }

    @pytest.mark.parametrize(
        ("given", "value"),
        [({}, "max-age=60"), ({"cache_control": "private"}, "private")],
        ids=["site", "app"],
    )
    def test_caching_is_said_once(self, named, given: dict, value: str):
        headers = named("/protected/report.pdf", site="caching", **given).headers
        assert headers.get_all("Cache-Control") == [value]

    def test_redirect_stays_inside(self, named):
        assert named("/protected/report.pdf").headers["X-Accel-Redirect"] is None
