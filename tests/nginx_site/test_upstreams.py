"""How nginx chooses between upstreams, what it does if one fails, and how it checks their TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import Counter
from contextlib import ExitStack

import pytest
import trustme
from backend import backend
from serving import free_ports, running


def ok(handler) -> tuple:
    return 200, {}, str(handler.server.server_port)


def closed(handler) -> None:
    return None


@pytest.fixture
def serve(nginx, nginx_site, server_at):
    """A function that serves a site with mounts, and returns how to send it a request."""
    with ExitStack() as stack:

        def serve(*mounts: dict, **settings):
            [port] = free_ports(1)
            nginx.add(
                nginx_site,
                {
                    "nginx_site_name": "main",
                    "nginx_site_server_names": ["example.org"],
                    "nginx_site_listen": [f"127.0.0.1:{port}"],
                    "nginx_site_mounts": list(mounts),
                    **settings,
                },
            )
            stack.enter_context(running(nginx))
            return server_at(port, nginx.top)

        yield serve


@pytest.fixture
def apps():
    """A function that runs an app at a port, for each of the replies."""
    with ExitStack() as stack:
        yield lambda *replies: [
            stack.enter_context(backend(port, reply))
            for port, reply in zip(free_ports(len(replies)), replies, strict=True)
        ]


def counts(site, requests: int) -> list[int]:
    """Return how many requests each upstream answered, by their ports."""
    answers = Counter(site.get("/").text for _ in range(requests))
    return [answers[port] for port in sorted(answers)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param([{}, {}], [10, 10], id="in turn"),
        pytest.param([{"weight": 3}, {}], [15, 5], id="weight"),
        pytest.param([{}, {"backup": True}], [20], id="backup"),
        pytest.param([{"down": True}, {}], [20], id="down"),
    ],
)
def test_round_robin(serve, apps, options: list[dict], expected: list[int]):
    upstreams = [
        {"address": f"127.0.0.1:{app.port}", **more}
        for app, more in zip(apps(ok, ok), options, strict=True)
    ]
    assert counts(serve({"path": "/", "upstreams": upstreams}), 20) == expected


def test_client_stays_at_an_upstream(serve, apps):
    upstreams = [f"127.0.0.1:{app.port}" for app in apps(ok, ok, ok)]
    site = serve({"path": "/", "upstreams": upstreams, "balance": "ip_hash"})
    assert counts(site, 12) == [12]


def test_upstream_with_the_fewest_requests(serve, apps):
    """One is busy with a request that has no end yet, so the other one gets all."""
    busy, free = apps(ok, ok)
    upstreams = [f"127.0.0.1:{app.port}" for app in (busy, free)]
    site = serve({"path": "/", "upstreams": upstreams, "balance": "least_conn"})
    arrived, released = threading.Event(), threading.Event()

    def slow(handler) -> tuple:
        if handler.path == "/slow":
            arrived.set()
            assert released.wait(20)
        return ok(handler)

    busy.reply = free.reply = slow
    with site.connect() as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert arrived.wait(10)
        assert counts(site, 10) == [10]
        released.set()
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_request_goes_on_if_an_upstream_closes(serve, apps, method: str):
    broken, whole = apps(closed, ok)
    site = serve({"path": "/", "upstreams": [f"127.0.0.1:{app.port}" for app in (broken, whole)]})
    answers = [site.ask(f"{method} / HTTP/1.1", "Host: example.org") for _ in range(4)]
    assert [answer.status for answer in answers] == [200] * 4


def test_post_is_never_sent_twice(serve, apps):
    broken, whole = apps(closed, closed)
    site = serve({"path": "/", "upstreams": [f"127.0.0.1:{app.port}" for app in (broken, whole)]})
    answer = site.ask("POST / HTTP/1.1", "Host: example.org", "Content-Length: 1", body="x")
    assert (answer.status, len(broken.received + whole.received)) == (502, 1)


def test_post_goes_on_if_an_upstream_does_not_run(serve, apps):
    [whole] = apps(ok)
    [dead] = free_ports(1)
    site = serve({"path": "/", "upstreams": [f"127.0.0.1:{dead}", f"127.0.0.1:{whole.port}"]})
    lines = ["POST / HTTP/1.1", "Host: example.org", "Content-Length: 1"]
    assert [site.ask(*lines, body="x").status for _ in range(6)] == [200] * 6
    assert len(whole.received) == 6


def test_failures_of_the_last_upstream_end_nothing(serve, apps):
    """By nginx's default, one failure would end it for 10 seconds. A crash breaks many requests."""
    first, second = apps(ok, ok)
    upstreams = [
        {"address": f"127.0.0.1:{first.port}"},
        {"address": f"127.0.0.1:{second.port}", "down": True},
    ]
    site = serve({"path": "/", "upstreams": upstreams})
    first.reply = closed
    assert [site.get("/").status for _ in range(4)] == [502] * 4
    first.reply = ok
    assert site.get("/").status == 200


@pytest.mark.parametrize(("number", "kept"), [(1, True), (2, False)])
def test_connections_are_kept_to_a_single_upstream(serve, apps, number: int, kept: bool):
    """If a host is lost, a request on a kept connection would wait until the read timeout."""
    clients = []

    def note(handler) -> tuple:
        clients.append(handler.client_address)
        return ok(handler)

    running_apps = apps(*[note] * number)
    site = serve({"path": "/", "upstreams": [f"127.0.0.1:{app.port}" for app in running_apps]})
    for _ in range(6):
        site.get("/")
    assert len(set(clients)) == (1 if kept else 6)


def test_drained_upstream(serve, apps):
    first, second = apps(ok, ok)
    addresses = [f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"]
    site = serve({"path": "/", "upstreams": addresses}, nginx_site_drained=[addresses[0]])
    assert counts(site, 8) == [8]
    assert first.received == []


def test_drained_host(serve, apps):
    """Its host is written without a port, for all its apps."""
    first, second = apps(ok, ok)
    addresses = [f"127.0.0.1:{first.port}", f"localhost:{second.port}"]
    site = serve({"path": "/", "upstreams": addresses}, nginx_site_drained=["127.0.0.1"])
    assert counts(site, 8) == [8]
    assert first.received == []


@pytest.fixture
def silent_address():
    """An address at which no program accepts or refuses a connection."""
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # the queue of the kernel
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_silent_upstream_costs_the_connect_timeout(serve, apps, silent_address):
    [whole] = apps(ok)
    mount = {"upstreams": [silent_address, f"127.0.0.1:{whole.port}"], "connect_timeout": 1}
    site = serve({"path": "/", **mount})
    began = time.monotonic()
    statuses = [site.get("/").status for _ in range(2)]
    assert statuses == [200, 200]
    assert 1 <= time.monotonic() - began < 5


TLS_CASES = [
    pytest.param({}, "app.example", 200, id="name of the address"),
    pytest.param({"name": "other.example"}, "other.example", 200, id="given name"),
    pytest.param({"name": "app.example"}, "evil.example", 502, id="another server's certificate"),
    pytest.param({"ca": None}, "app.example", 502, id="unknown CA"),
]


@pytest.mark.parametrize(("tls", "certified", "status"), TLS_CASES)
def test_tls(serve, tmp_path, tls: dict, certified: str, status: int):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(certified, "127.0.0.1").configure_cert(context)
    names = []
    context.sni_callback = lambda _, name, __: names.append(name)
    upstream_tls = {"name": "app.example", "ca": f"{tmp_path}/ca.pem", **tls}
    with backend(*free_ports(1), ok, context) as app:
        mount = {"upstreams": [f"https://127.0.0.1:{app.port}"], "upstream_tls": upstream_tls}
        site = serve({"path": "/", **mount})
        assert site.get("/").status == status
    assert set(names) == {upstream_tls["name"]}


def test_large_upload_is_passed_on_as_it_comes(serve, apps):
    """The app answers before it has all of the body."""
    first = []

    def early(handler):
        first.append(handler.rfile.read(4))
        return 200, {"Connection": "close"}, "early"

    [app] = apps(ok)
    app.reply = early
    site = serve({"path": "/", "upstreams": [f"127.0.0.1:{app.port}"], "request_buffering": False})
    with site.connect() as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"4\r\nabcd\r\n"
        )
        assert connection.recv(12) == b"HTTP/1.1 200"
