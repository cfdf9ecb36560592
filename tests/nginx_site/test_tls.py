"""TLS at nginx: the same answers as in plain text, by HTTP/1.1 and by HTTP/2."""

import socket
import ssl
import subprocess
import warnings

import pytest
from hosts import invalid_hosts, valid_hosts


def by_http_1(server, method: str, path: str, host: str, *headers: str, body: str = "", **how):
    """Return the answer to a request by HTTP/1.1."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"Host: {host}", *headers, *length]
    return server.ask(f"{method} {path} HTTP/1.1", *head, body=body, **how)


def by_http_2(server, method: str, path: str, host: str, *headers: str, body: str = "", **how):
    """Return the answer to a request by HTTP/2."""
    fields = [(":method", method), (":scheme", "https"), (":authority", host), (":path", path)]
    more = [header.split(": ", 1) for header in headers]
    return server.stream([*fields, *((name.lower(), value) for name, value in more)], body, **how)


@pytest.fixture(params=[by_http_1, by_http_2], ids=["HTTP/1.1", "HTTP/2"])
def ask(request: pytest.FixtureRequest):
    """Ask by each of the protocols."""
    return request.param


@pytest.mark.parametrize(("host", "origin"), valid_hosts("example.org", "https"))
@pytest.mark.parametrize("path", ["/api/x", "/strip/x", "/own/x"])
def test_origin(tls, ask, path: str, host: str, origin: str):
    assert ask(tls["edge"], "GET", path, host).echo["url"] == f"{origin}{path}"


@pytest.mark.parametrize(
    ("mode", "header", "origin"),
    [
        pytest.param("edge", "X-Forwarded-Proto: http", "https://example.org", id="claim"),
        pytest.param("behind", "X-Forwarded-Proto: http", "http://example.org", id="without TLS"),
        pytest.param("behind", "X-Forwarded-Proto: ws", "http://example.org", id="ws"),
        pytest.param("behind", "X-Forwarded-Proto: https", "https://example.org", id="with TLS"),
        pytest.param("behind", "X-Forwarded-Proto: ftp", "https://example.org", id="rubbish"),
        pytest.param("behind", "X-Team: blue", "https://example.org", id="nothing"),
        pytest.param("all-trusted", "X-Forwarded-Port: 443", "https://example.org", id="its port"),
        pytest.param("all-trusted", "X-Forwarded-Port: 81", "https://example.org:81", id="a port"),
        pytest.param("pinned", "X-Team: blue", "https://pub.example", id="pinned"),
    ],
)
def test_trusted_proxy_sets_the_origin(tls, ask, mode: str, header: str, origin: str):
    assert ask(tls[mode], "GET", "/api/x", "example.org", header).echo["url"] == f"{origin}/api/x"


def test_other_client_does_not_set_the_origin(tls):
    answer = tls["behind"].get("/api/x", "X-Forwarded-Proto: http", peer="127.0.0.2")
    assert answer.echo["url"] == "https://example.org:8000/api/x"


def test_app_receives_the_same_by_each_protocol(tls, ask):
    received = ask(tls["edge"], "GET", "/api/x", "example.org:8443").received
    assert {name: value for name, value in received.items() if name != "HTTP_CONNECTION"} == {
        "HTTP_HOST": "example.org:8443",
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_X_FORWARDED_HOST": "example.org:8443",
        "HTTP_X_FORWARDED_PORT": "8443",
        "HTTP_X_FORWARDED_PREFIX": "/api",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_REAL_IP": "127.0.0.1",
    }


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_plain_text_and_tls_have_different_schemes(listeners, scheme: str):
    answer = listeners[scheme]["edge"].get("/api/x")
    assert answer.echo["url"] == f"{scheme}://example.org:8000/api/x"


@pytest.mark.parametrize("path", ["/api/x", "/", "/old", "/api"])
class TestHost:
    @pytest.mark.parametrize("host", invalid_hosts("example.org"))
    def test_is_rejected_if_invalid(self, tls, ask, path: str, host: str):
        assert ask(tls["edge"], "GET", path, host).status == 400

    @pytest.mark.parametrize("host", ["evil.example", "example.org.evil.example:8443"])
    def test_is_rejected_if_unknown(self, tls, ask, path: str, host: str):
        assert ask(tls["edge"], "GET", path, host).status == 421


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([(":authority", "example.org"), ("host", "evil.example")], id="host differs"),
        pytest.param([(":authority", "evil.example"), ("host", "example.org")], id="name differs"),
        pytest.param([("host", "evil.example")], id="host alone"),
    ],
)
def test_second_name_is_no_way_around(tls, hosts: list[tuple[str, str]]):
    fields = [(":method", "GET"), (":scheme", "https"), (":path", "/api/x"), *hosts]
    assert tls["edge"].stream(sorted(fields)).status in (400, 421)


@pytest.mark.parametrize(
    ("method", "path", "status", "location"),
    [
        pytest.param("GET", "/api?a=b", 308, "/api/?a=b", id="slash"),
        pytest.param("POST", "/api", 308, "/api/", id="slash, and the method stays"),
        pytest.param("GET", "/docs/guide", 301, "/docs/guide/", id="directory"),
        pytest.param("GET", "/old", 302, "/docs/", id="redirect"),
        pytest.param("GET", "/gone", 307, "https://example.com/new?a=b", id="to another site"),
    ],
)
def test_redirect(tls, ask, method: str, path: str, status: int, location: str):
    answer = ask(tls["edge"], method, path, "example.org:8443")
    assert (answer.status, answer.location) == (status, location)


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "DELETE"])
def test_method(tls, ask, method: str):
    assert ask(tls["edge"], method, "/api/x", "example.org").echo["method"] == method


def test_head_has_no_body(tls, ask):
    answer = ask(tls["edge"], "HEAD", "/api/x", "example.org")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


def test_body_arrives(tls, ask):
    view = ask(tls["edge"], "POST", "/api/x", "example.org", body="abc").echo
    assert (view["method"], view["body"]) == ("POST", "abc")


def test_file(tls, ask):
    assert ask(tls["edge"], "GET", "/docs/", "example.org").body == b"the docs"


def test_address_passes_by_proxy_protocol(tls, ask):
    said = b"PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n"
    view = ask(tls["passed-on"], "GET", "/api/x", "example.org", first=said).echo
    assert (view["environ"]["REMOTE_ADDR"], view["url"]) == (
        "203.0.113.9",
        "https://example.org/api/x",
    )


def test_websocket_passes(tls):
    upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    answer = tls["edge"].get("/api/socket", *upgrade)
    assert (answer.status, answer.headers["Upgrade"]) == (101, "websocket")


def test_events_arrive_one_by_one(tls):
    """Without buffering; the buffers of TLS would hold them back otherwise."""
    request = b"GET /events/ HTTP/1.1\r\nHost: example.org\r\n\r\n"
    with socket.socket(socket.AF_UNIX) as upstream:
        upstream.bind(f"{tls['edge'].top}/events.sock")
        upstream.listen()
        with tls["edge"].connect() as client:
            client.sendall(request)
            with upstream.accept()[0] as app:
                app.recv(65536)
                app.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                for event in (b"data: 1\n\n", b"data: 2\n\n"):
                    app.sendall(event)
                    received = b""
                    while event not in received:
                        received += client.recv(65536)


def answers_to(server, version: ssl.TLSVersion) -> bool:
    """Return whether the server speaks this version of TLS, however weak its ciphers are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        try:
            context.wrap_socket(connection).close()
        except ssl.SSLError:
            return False
    return True


@pytest.mark.parametrize(
    ("version", "spoken"),
    [
        (ssl.TLSVersion.TLSv1, False),
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_version(tls, version: ssl.TLSVersion, spoken: bool):
    assert answers_to(tls["edge"], version) is spoken


def test_session_is_taken_up_again_without_a_ticket(tls):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session, sessions = None, []
    for _ in range(2):
        with (
            socket.create_connection(("127.0.0.1", tls["edge"].port), timeout=10) as connection,
            context.wrap_socket(connection, session=session) as secured,
        ):
            session = secured.session
            sessions.append((secured.session_reused, session.has_ticket))
    assert sessions == [(False, False), (True, False)]


def test_plain_text_is_refused_where_tls_is_spoken(tls):
    with socket.create_connection(("127.0.0.1", tls["edge"].port), timeout=10) as connection:
        connection.sendall(b"GET /api/x HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


class TestChallenge:
    """An authority asks for what certbot has written, before there is a certificate and after."""

    def test_is_answered(self, challenged):
        answer = challenged[1].get("/.well-known/acme-challenge/token")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")
        assert answer.text.endswith("/token")

    def test_nothing_else_is_there(self, challenged):
        for path in ("/.well-known/acme-challenge/none", "/.well-known/acme-challenge/../x"):
            assert challenged[1].get(path).status in (308, 404)

    def test_site_goes_on(self, challenged):
        when, server = challenged
        assert server.get("/").status == {"first": 200, "renewed": 308}[when]


@pytest.mark.parametrize(
    ("group", "offered"),
    [("X25519", True), ("prime256v1", True), ("secp384r1", True), ("secp521r1", False)],
)
def test_curve(tls, group: str, offered: bool):
    """Mozilla leaves out what is slow; OpenSSL alone would offer it."""
    peer = f"127.0.0.1:{tls['edge'].port}"
    command = ["openssl", "s_client", "-connect", peer, "-groups", group]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    assert (done.returncode == 0) is offered
