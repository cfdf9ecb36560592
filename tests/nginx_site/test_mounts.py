"""What answers at which path, and how."""

import pytest


class TestSlash:
    """The prefix without the slash at its end."""

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
    def test_is_added_for_every_method(self, server, method: str):
        answer = server.ask(
            f"{method} /api HTTP/1.1", "Host: example.org:8000", "Content-Length: 0"
        )
        assert (answer.status, answer.location) == (308, "/api/")

    @pytest.mark.parametrize(
        ("requested", "location"),
        [
            pytest.param("/api?a=b&c=%2F", "/api/?a=b&c=%2F", id="query is kept"),
            pytest.param("/api?", "/api/", id="empty query goes"),
            pytest.param("/strip", "/strip/", id="app without its prefix"),
            pytest.param("/docs", "/docs/", id="files"),
            pytest.param("/docs?a=b", "/docs/?a=b", id="files with a query"),
        ],
    )
    def test_is_added_by_a_redirect_that_names_no_origin(self, server, requested, location):
        answer = server.get(requested)
        assert (answer.status, answer.location) == (308, location)

    def test_is_added_below_a_directory(self, server):
        answer = server.get("/docs/guide")
        assert (answer.status, answer.location) == (301, "/docs/guide/")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/apix", id="longer word"),
        pytest.param("/apix/y", id="longer word with a path"),
        pytest.param("/api.v2", id="dot"),
        pytest.param("/api;x/", id="semicolon"),
        pytest.param("/api../x", id="dots"),
        pytest.param("/API/x", id="capitals"),
        pytest.param("/", id="root"),
        pytest.param("/deep/link", id="deep link"),
        pytest.param("/api/%2e%2e/", id="way out of the app"),
    ],
)
def test_page_answers_what_no_app_does(server, path: str):
    answer = server.get(path)
    assert (answer.status, answer.body) == (200, b"the page")


@pytest.mark.parametrize(
    ("path", "received"),
    [
        pytest.param("/api/", "/", id="root of the app"),
        pytest.param("/api/x/y", "/x/y", id="path"),
        pytest.param("//api/x", "/x", id="two slashes"),
        pytest.param("/%61pi/x", "/x", id="encoded letter"),
        pytest.param("/x/../api/x", "/x", id="dots"),
        pytest.param("/x/%2e%2e/api/x", "/x", id="encoded dots"),
        pytest.param("/x/..%2fapi/x", "/x", id="encoded slash after dots"),
        pytest.param("/./api/./x", "/x", id="single dots"),
        pytest.param("/api/x%20y", "/x y", id="space"),
        pytest.param("/api/%252F", "/%2F", id="encoded percent"),
        pytest.param("/api/k%C3%A4se", "/käse", id="beyond ascii"),
        pytest.param("/api/static", "/static", id="name of the files, without a slash"),
    ],
)
def test_app_answers(server, path: str, received: str):
    answer = server.get(path)
    assert (answer.status, answer.echo["path"]) == (200, received)


class TestPathAsSent:
    @pytest.mark.parametrize(
        ("path", "received"),
        [
            pytest.param("/as-sent/", "/", id="root of the app"),
            pytest.param("/as-sent/x/y", "/x/y", id="path"),
            pytest.param("/as-sent/p/http://x/y", "/p/http://x/y", id="two slashes"),
            pytest.param("/as-sent/x%20y", "/x y", id="space"),
            pytest.param("/as-sent/a%2Fb", "/a/b", id="encoded slash, decoded by gunicorn"),
            pytest.param("/as-sent/%252F", "/%2F", id="encoded percent"),
            pytest.param("/as-sent/..x/.y/z../", "/..x/.y/z../", id="dots within names"),
            pytest.param("/as-sent/x?y=/../z", "/x", id="dots in the query"),
        ],
    )
    def test_reaches_the_app(self, server, path: str, received: str):
        answer = server.get(path)
        environ = answer.echo["environ"]
        assert (environ["PATH_INFO"], environ["RAW_URI"]) == (received, path)

    @pytest.mark.parametrize(
        "path",
        [
            pytest.param("//as-sent/x", id="two slashes first"),
            pytest.param("/%61s-sent/x", id="encoded letter"),
            pytest.param("/as-sent%2Fx", id="encoded slash"),
            pytest.param("/x/../as-sent/x", id="dots first"),
            pytest.param("/x/%2e%2e/as-sent/x", id="encoded dots first"),
            pytest.param("/as-sent/x/../y", id="dots"),
            pytest.param("/as-sent/./x", id="single dot"),
            pytest.param("/as-sent/x/..", id="dots at the end"),
            pytest.param("/as-sent/x/..?y", id="dots before the query"),
            pytest.param("/as-sent/x/%2e%2E/y", id="encoded dots"),
            pytest.param("/as-sent/x/.%2e/y", id="one dot encoded"),
            pytest.param("/as-sent/x%2F..%2fy", id="dots between encoded slashes"),
            pytest.param("/as-sent/x/..%2fy", id="dots before an encoded slash"),
        ],
    )
    def test_is_refused_where_nginx_reads_another(self, server, path: str):
        assert server.get(path).status == 400

    def test_is_below_the_mount_in_an_absolute_target(self, server):
        answer = server.ask("GET http://example.org/as-sent//x HTTP/1.1", "Host: example.org")
        assert answer.echo["environ"]["PATH_INFO"] == "//x"


@pytest.mark.parametrize("path", ["/api/x", "/strip/x"])
def test_body_and_method_arrive(server, path: str):
    headers = ["Host: example.org", "Content-Length: 3", "Content-Type: text/plain"]
    received = server.ask(f"POST {path} HTTP/1.1", *headers, body="abc").echo
    assert (received["method"], received["body"]) == ("POST", "abc")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/api/static/style.css", b"the style", id="static file of an app"),
        pytest.param("/docs/", b"the docs", id="index"),
        pytest.param("/docs/guide/", b"the guide", id="index below"),
        pytest.param("/app.js", b"the script", id="file of the page"),
        pytest.param("/.well-known/security.txt", b"the contact", id="well-known file"),
    ],
)
def test_file(server, path: str, body: bytes):
    answer = server.get(path)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/static/missing.css", id="missing static file"),
        pytest.param("/docs/missing", id="missing file without a fallback"),
        pytest.param("/api/static../secret.txt", id="way out beside the static files"),
        pytest.param("/docs/%2e%2e%2fsecret.txt", id="way out of the files"),
        pytest.param("/api/static/..%2f..%2f..%2fsecret.txt", id="way out of the static files"),
        pytest.param("/.env", id="hidden file"),
        pytest.param("/%2eenv", id="hidden file, encoded"),
        pytest.param("/.git/config", id="file in a hidden directory"),
        pytest.param("/api/static/.htpasswd", id="hidden static file"),
        pytest.param("/api/static/theirs.css", id="link of the app to a file of another user"),
    ],
)
def test_no_file_is_served(server, path: str):
    assert server.get(path).body != b"the secret"


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        pytest.param("/old", 302, "/docs/", id="path"),
        pytest.param("/old?a=b", 302, "/docs/", id="path, whatever the query"),
        pytest.param("/gone", 307, "https://example.com/new?a=b", id="URL with a status"),
    ],
)
def test_redirect(server, path: str, status: int, location: str):
    answer = server.get(path)
    assert (answer.status, answer.location) == (status, location)


def test_redirect_is_for_exactly_its_path(server):
    assert server.get("/old/x").body == b"the page"


class TestUpgrade:
    HANDSHAKE = ("Connection: Upgrade", "Sec-WebSocket-Version: 13")

    @pytest.mark.parametrize("protocol", ["websocket", "WebSocket"])
    def test_to_websocket_passes(self, server, protocol: str):
        answer = server.get("/api/socket", f"Upgrade: {protocol}", *self.HANDSHAKE)
        assert (answer.status, answer.headers["Upgrade"]) == (101, "websocket")

    @pytest.mark.parametrize("protocol", ["h2c", "TLS/1.2", "websocket, h2c"])
    def test_to_anything_else_does_not(self, server, protocol: str):
        received = server.get(
            "/api/x", f"Upgrade: {protocol}", "Connection: Upgrade, close"
        ).received
        assert "HTTP_UPGRADE" not in received

    def test_can_be_switched_off(self, server):
        upgrade = ["Upgrade: websocket", "Connection: Upgrade, close"]
        assert "HTTP_UPGRADE" not in server.get("/api/x", *upgrade, host="second.example").received


class TestUnavailable:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
    def test_keeps_its_status(self, server, method: str):
        answer = server.ask(f"{method} /down/x HTTP/1.1", "Host: example.org", "Content-Length: 0")
        assert answer.status == 502

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_has_a_page(self, server, method: str):
        answer = server.ask(f"{method} /down/x HTTP/1.1", "Host: example.org", "Content-Length: 0")
        assert b"This page will be back in a moment." in answer.body

    def test_names_no_upstream(self, server):
        assert b"down.sock" not in server.get("/down/x").body


class TestUnasked:
    """What browsers and robots ask for by themselves."""

    @pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
    @pytest.mark.parametrize("host", ["example.org", "second.example"])
    def test_is_missing_without_a_fallback(self, server, host: str, path: str):
        assert server.get(path, host=host).status == 404

    @pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
    @pytest.mark.parametrize("log", ["access.log", "error.log"])
    def test_leaves_no_line_in(self, server, log: str, path: str):
        lines = (server.top / log).read_bytes()
        server.get(path)
        assert (server.top / log).read_bytes() == lines

    def test_leaves_no_line_unlike_the_rest(self, server):
        lines = (server.top / "access.log").read_text()
        server.get("/app.js")
        assert "GET /app.js" in (server.top / "access.log").read_text().removeprefix(lines)


def test_nothing_answers_where_nothing_is_mounted(server):
    assert server.get("/x", host="second.example").status == 404


@pytest.mark.parametrize("path", ["/api/x", "/", "/old", "/down/x", "/missing"])
def test_version_is_hidden(server, path: str):
    assert server.get(path).headers["Server"] == "nginx"
