"""Which responses nginx keeps, and which requests it answers with them."""

from __future__ import annotations

import itertools
import ssl
from dataclasses import replace

import pytest
from backend import backend
from patience import eventually
from serving import Nginx, free_ports, running

FORM = "Content-Type: application/x-www-form-urlencoded"
HOST = "Host: example.org:8000"
SITES: dict[str, dict] = {
    "plain": {},
    "short": {"cache": {"seconds": 1}},
    "app": {"cache": {"seconds": 0}},
    "fronted": {
        "nginx_site_trusted_proxies": ["127.0.0.1"],
        "nginx_site_trusted_headers": ["proto", "host", "port", "prefix"],
    },
}
"""Settings of the sites, with what differs in their mount."""


@pytest.fixture(scope="module")
def app_of_all():
    [port] = free_ports(1)
    with backend(port, lambda handler: None) as app:
        yield app


@pytest.fixture(scope="module")
def sites(app_of_all, nginx_site, server_at, certificate, authority, tmp_path_factory):
    """Each of the sites as it is asked by http and by https."""
    nginx = Nginx(tmp_path_factory.mktemp("cache"))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    servers = {}
    for name, settings in SITES.items():
        port, secure_port = free_ports(2)
        mount = {
            "path": "/app",
            "upstreams": [f"127.0.0.1:{app_of_all.port}"],
            "cache": settings.get("cache", {"seconds": 60}),
        }
        nginx.add(
            nginx_site,
            {
                "nginx_site_name": name,
                "nginx_site_server_names": ["example.org", "other.example"],
                "nginx_site_listen": [f"127.0.0.1:{port}"],
                "nginx_site_tls": {**certificate, "listen": [f"127.0.0.1:{secure_port}"]},
                "nginx_site_https_redirect": False,
                "nginx_site_mounts": [mount],
                **{option: value for option, value in settings.items() if option != "cache"},
            },
        )
        server = server_at(port, nginx.top)
        secure = replace(server, port=secure_port, context=context)
        servers[name] = {"http": server, "https": secure}
    with running(nginx):
        yield servers


@pytest.fixture
def app(app_of_all):
    """The app. It answers with another number each time."""
    numbers = itertools.count(1)
    app_of_all.received.clear()
    app_of_all.reply = lambda handler: (200, {}, str(next(numbers)))
    return app_of_all


@pytest.fixture
def site(sites, app):
    return sites["plain"]["http"]


@pytest.fixture
def path(request) -> str:
    """A path that no other test requests."""
    return f"/app/{abs(hash(request.node.name))}"


def texts(site, *requests: tuple) -> list[str]:
    """Return the bodies of the responses."""
    return [site.get(*request).text for request in requests]


def test_response_is_kept(site, path):
    assert texts(site, (path,), (path,), (path + "y",)) == ["1", "1", "2"]


def test_head_gets_the_kept_response(site, app, path):
    site.get(path)
    answer = site.ask(f"HEAD {path} HTTP/1.1", HOST)
    assert (answer.status, answer.body, app.received) == (200, b"", [f"GET {path}"])


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(["Cookie: session=1"], id="cookie"),
        pytest.param(["Authorization: Basic YTpi"], id="login"),
        pytest.param(["X-Subsite-Verify: x"], id="verify"),
        pytest.param(["Upgrade: websocket", "Connection: Upgrade"], id="WebSocket"),
    ],
)
def test_request_of_one_client_goes_to_the_app(site, path, headers: list[str]):
    private, common = (path, *headers), (path,)
    assert texts(site, private, common, private, common) == ["1", "2", "3", "2"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param([FORM, "Content-Length: 3"], "a=b", id="length"),
        pytest.param([FORM, "Transfer-Encoding: chunked"], "3\r\na=b\r\n0\r\n\r\n", id="chunks"),
    ],
)
def test_body_cannot_change_what_others_get(site, path, headers: list[str], body: str):
    """An app may read a form of a GET request."""
    private = site.ask(f"GET {path} HTTP/1.1", HOST, *headers, body=body).text
    assert (private, site.get(path).text) == ("1", "2")


def test_body_by_http_2_without_a_length_cannot_either(sites, app, path):
    site = sites["plain"]["https"]
    fields = [(":method", "GET"), (":scheme", "https"), (":path", path)]
    private = site.stream([*fields, (":authority", "example.org")], body="a=b").text
    common = site.stream([*fields, (":authority", "example.org")]).text
    assert (private, common) == ("1", "2")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_go_to_the_app(site, app, path, method: str):
    for _ in range(2):
        site.ask(f"{method} {path} HTTP/1.1", HOST, "Content-Length: 0")
    assert app.received == [f"{method} {path}"] * 2


@pytest.mark.parametrize(
    ("headers", "is_kept"),
    [
        pytest.param({"Set-Cookie": "a=b"}, False, id="cookie"),
        pytest.param({"Cache-Control": "private"}, False, id="private"),
        pytest.param({"Cache-Control": "no-store"}, False, id="no-store"),
        pytest.param({"Cache-Control": "no-cache"}, False, id="no-cache"),
        pytest.param({"Cache-Control": "max-age=0"}, False, id="no time"),
        pytest.param({"Vary": "*"}, False, id="varies by all"),
        pytest.param({"Cache-Control": "public, max-age=9"}, True, id="public"),
    ],
)
def test_app_decides(site, app, path, headers: dict, is_kept: bool):
    app.reply = lambda handler: (200, headers, "")
    texts(site, (path,), (path,))
    assert len(app.received) == (1 if is_kept else 2)


@pytest.mark.parametrize("headers", [{}, {"Cache-Control": "max-age=9"}])
def test_without_a_time_the_app_alone_decides(sites, app, path, headers: dict):
    app.reply = lambda handler: (200, headers, "")
    texts(sites["app"]["http"], (path,), (path,))
    assert len(app.received) == (1 if headers else 2)


@pytest.mark.parametrize("status", [302, 403, 500, 503])
def test_response_of_the_moment_is_not_kept(site, app, path, status: int):
    app.reply = lambda handler: (status, {"Location": "/"}, "now")
    texts(site, (path,), (path,))
    assert len(app.received) == 2


def test_each_variant_is_kept(site, app, path):
    app.reply = lambda handler: (
        200,
        {"Vary": "Accept-Language"},
        f"{handler.headers['Accept-Language']}{len(app.received)}",
    )
    german, english = (path, "Accept-Language: de"), (path, "Accept-Language: en")
    assert texts(site, german, english, german, english) == ["de1", "en2", "de1", "en2"]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("X-Forwarded-Proto: https", id="scheme"),
        pytest.param("X-Forwarded-Host: other.example", id="host"),
        pytest.param("X-Forwarded-Port: 81", id="port"),
        pytest.param("X-Forwarded-Prefix: /outer", id="prefix"),
    ],
)
def test_each_public_url_has_a_response(sites, app, path, header: str):
    site = sites["fronted"]["http"]
    received = [
        site.get(path, *headers, host="example.org").text
        for headers in ([], [header], [], [header])
    ]
    assert received == ["1", "2", "1", "2"]


def test_untrusted_header_changes_nothing(site, path):
    forged = (path, "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https")
    assert texts(site, (path,), forged) == ["1", "1"]


def test_each_name_has_a_response(site, path):
    received = [site.get(path, host=host).text for host in ("example.org", "other.example")]
    assert received == ["1", "2"]


def test_paths_are_compared_as_they_were_sent(site, path):
    requests = [(f"{path}/a%2Fb",), (f"{path}/a/b",), (f"{path}/a?b",)]
    assert texts(site, *requests) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        pytest.param((500, {}, "broken"), "1", id="error"),
        pytest.param(None, "1", id="closed connection"),
        pytest.param((200, {}, "new"), "new", id="response"),
    ],
)
def test_after_its_time_a_response_is_used_only_if_the_app_fails(
    sites, app, path, reply: tuple | None, text: str
):
    site = sites["short"]["http"]
    site.get(path)
    app.reply = lambda handler: reply
    assert eventually(lambda: (site.get(path), len(app.received) > 1)[1], 10)
    assert site.get(path).text == text


def test_validator_is_compared(site, app, path):
    app.reply = lambda handler: (200, {"ETag": '"v1"'}, "same")
    site.get(path)
    answer = site.get(path, 'If-None-Match: "v1"')
    assert (answer.status, len(app.received)) == (304, 1)


def test_file_that_an_app_names_is_kept_by_its_path(nginx, nginx_site, server_at, app_of_all):
    """The client requests one path, and the app names another one for each client."""
    [port] = free_ports(1)
    address = [f"127.0.0.1:{app_of_all.port}"]
    nginx.add(
        nginx_site,
        {
            "nginx_site_name": "main",
            "nginx_site_server_names": ["example.org"],
            "nginx_site_listen": [f"127.0.0.1:{port}"],
            "nginx_site_mounts": [
                {"path": "/app", "upstreams": address},
                {"path": "/kept", "upstreams": address, "cache": {"seconds": 60}},
            ],
        },
    )

    def reply(handler) -> tuple:
        if handler.path.startswith("/app"):
            return 200, {"X-Accel-Redirect": f"/kept/of/{handler.headers['X-User']}"}, ""
        return 200, {}, handler.path

    app_of_all.reply = reply
    with running(nginx):
        site = server_at(port, nginx.top)
        received = [site.get("/app/me", f"X-User: {name}").text for name in ("ann", "bob", "ann")]
    assert received == ["/kept/of/ann", "/kept/of/bob", "/kept/of/ann"]


def test_outer_prefix_is_no_part_of_the_path(sites, app):
    """A client that reaches nginx beside the proxy can request a path like the outer prefix."""
    site = sites["fronted"]["http"]
    short = site.get("/app/prefix/x", "X-Forwarded-Prefix: /app", host="example.org").text
    app.reply = lambda handler: (200, {}, "other")
    other = site.get("/app/app/prefix/x", host="example.org").text
    assert (short, other) == ("1", "other")
