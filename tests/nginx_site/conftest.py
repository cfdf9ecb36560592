"""A real nginx with a rendered site, in front of real gunicorns, all of it in one directory."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
import trustme
from answer import Answer
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from origins import MODES, NAMES, origin_of
from patience import eventually
from serving import Nginx, Refused, echo, free_ports, running, serve


class Echoed(Answer):
    """A response, and what the echo app reports in it."""

    @property
    def echo(self) -> dict:
        """What the app saw, without the ID of the request, which is another each time."""
        environ = self.json["environ"]
        same = {name: text for name, text in environ.items() if name != "HTTP_X_REQUEST_ID"}
        return {**self.json, "environ": same}

    @property
    def request_id(self) -> str:
        """The ID of the request that the app received."""
        return self.json["environ"]["HTTP_X_REQUEST_ID"]

    @property
    def origin(self) -> str | int:
        """The origin that the app received."""
        return origin_of(self.status, self.body)

    @property
    def received(self) -> dict[str, str]:
        """The headers that the app was sent, without that ID."""
        environ = self.echo["environ"]
        return {name: environ[name] for name in environ if name.startswith("HTTP_")}


@dataclass(frozen=True)
class Server:
    """Where the sites answer, on a port which is not the one that clients use."""

    port: int
    top: Path
    logs: Path
    context: ssl.SSLContext | None = None

    @contextmanager
    def connect(
        self, peer: str = "127.0.0.1", first: bytes = b"", protocol: str = "http/1.1"
    ) -> Iterator[socket.socket]:
        """Connect from ``peer``, and agree on ``protocol`` by TLS if the server speaks it."""
        address = ("::1" if ":" in peer else "127.0.0.1", self.port)
        with socket.create_connection(address, timeout=10, source_address=(peer, 0)) as connection:
            connection.sendall(first)
            if self.context is None:
                yield connection
                return
            self.context.set_alpn_protocols([protocol])
            with self.context.wrap_socket(connection, server_hostname="example.org") as secured:
                assert secured.selected_alpn_protocol() == protocol
                yield secured

    def stream(
        self, fields: list[tuple[str, str]], body: str | memoryview = "", first: bytes = b""
    ) -> Echoed:
        """Send a request by HTTP/2, with these fields and no others, and return the answer.

        :raises Refused: when nginx ends the stream instead.
        """
        raw = H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
        http2 = H2Connection(raw)
        http2.initiate_connection()
        http2.send_headers(1, fields, end_stream=not body)
        unsent = memoryview(body.encode()) if isinstance(body, str) else body
        headers, received = Message(), b""
        with self.connect(first=first, protocol="h2") as connection:
            while True:
                connection.sendall(http2.data_to_send())
                # nginx says how much it takes (RFC 9113, 5.2).
                while unsent and (room := http2.local_flow_control_window(1)):
                    size = min(room, len(unsent))
                    send_data(connection, http2, unsent[:size])
                    unsent = unsent[size:]
                    if not unsent:
                        http2.end_stream(1)
                        connection.sendall(http2.data_to_send())
                for event in http2.receive_data(connection.recv(65536)):
                    if isinstance(event, ResponseReceived):
                        for name, value in event.headers:
                            headers[name.decode()] = value.decode()
                    elif isinstance(event, DataReceived):
                        received += event.data
                        http2.acknowledge_received_data(event.flow_controlled_length, 1)
                    elif isinstance(event, StreamEnded):
                        return Echoed(int(headers[":status"]), headers, received)
                    elif isinstance(event, StreamReset | ConnectionTerminated):
                        raise Refused(event.error_code)

    def ask(
        self,
        line: str,
        *headers: str,
        body: str | memoryview = "",
        peer: str = "127.0.0.1",
        first: bytes = b"",
    ) -> Echoed:
        """Send a request as it is written here, from ``peer``, and return the answer.

        :param first: what the connection begins with.
        """
        closes = not any(header.startswith("Connection:") for header in headers)
        head = [line, *headers, *["Connection: close"] * closes]
        with self.connect(peer, first) as connection:
            small, large = (body, b"") if isinstance(body, str) else ("", body)
            text = "\r\n".join([*head, "", small])
            connection.sendall(text.encode("latin-1"))
            connection.sendall(large)
            response = http.client.HTTPResponse(connection, method=line.split()[0])
            response.begin()
            answer = Echoed(response.status, response.headers, response.read())
            if closes:
                connection.recv(1)  # nginx closes when it has written its logs
            return answer

    def get(self, path: str, *headers: str, host: str = "example.org:8000", **how) -> Echoed:
        """Ask for ``path`` as a browser does."""
        return self.ask(f"GET {path} HTTP/1.1", f"Host: {host}", *headers, **how)


def send_data(connection: socket.socket, http2: H2Connection, data: memoryview) -> None:
    """Send ``data`` on the first stream. h2 itself would copy each frame several times."""
    size = http2.max_outbound_frame_size
    frames = bytearray()
    for start in range(0, len(data), size):
        part = data[start : start + size]
        frames += struct.pack(">IBI", len(part) << 8, 0, 1)  # type and flags are 0
        frames += part
    connection.sendall(frames)
    http2.outbound_flow_control_window -= len(data)
    http2.streams[1].outbound_flow_control_window -= len(data)


def line_in(log: Path, words: str) -> str:
    """Return the first line of ``log`` that has ``words``, when it is there."""

    def lines() -> list[str]:
        return [line for line in log.read_text().splitlines() if words in line]

    assert eventually(lines, 10), f"{log} has no line with {words}"
    return lines()[0]


@pytest.fixture(scope="session")
def logged():
    return line_in


@pytest.fixture
def nginx(tmp_path: Path) -> Nginx:
    return Nginx(tmp_path)


@pytest.fixture(scope="session")
def server_at() -> Callable[[int, Path], Server]:
    """Return a function that returns what answers at a port, with its files in a directory."""
    return lambda port, top: Server(port, top, top)


@pytest.fixture(scope="session")
def server(root, wsgi_app, nginx_site, tmp_path_factory) -> Iterator[Server]:
    """Serve one site that has every kind of mount, and one that has none at its root."""
    nginx = Nginx(tmp_path_factory.mktemp("server"))
    [port] = free_ports(1)
    grow(nginx.top)
    apps = [
        echo(root, wsgi_app, nginx.top, **settings)
        for settings in (
            {"wsgi_app_name": "api", "wsgi_app_prefix": "/api", "wsgi_app_access_log": True},
            {
                "wsgi_app_name": "strip",
                "wsgi_app_prefix": "/strip",
                "wsgi_app_prefix_mode": "strip",
            },
            {
                "wsgi_app_name": "lists",
                "wsgi_app_prefix": "/api",
                "wsgi_app_forwarded": "append",
            },
            {"wsgi_app_name": "as-sent", "wsgi_app_prefix": "/as-sent"},
            {"wsgi_app_name": "own", "wsgi_app_prefix": "/own", "wsgi_app_prefix_mode": "app"},
        )
    ]
    for site in example_sites(nginx.top):
        nginx.add(nginx_site, {**site, "nginx_site_listen": [f"127.0.0.1:{port}"]})
    try:
        with running(nginx):
            yield Server(port, nginx.top, nginx.top)
    finally:
        for app in apps:
            app.terminate()
            app.wait()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who signs the sites' certificates."""
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority, tmp_path_factory) -> dict[str, str]:
    """The sites' certificate and its key, as the role wants them named."""
    top = tmp_path_factory.mktemp("certificate")
    issued = authority.issue_cert("example.org", "localhost", "127.0.0.1", "::1")
    for link in issued.cert_chain_pems:
        link.write_to_path(top / "chain.pem", append=True)
    issued.private_key_pem.write_to_path(top / "key.pem")
    return {"mode": "files", "certificate": f"{top}/chain.pem", "key": f"{top}/key.pem"}


@pytest.fixture(scope="session")
def serve_each(server, nginx_site, authority, certificate, tmp_path_factory):
    @contextmanager
    def serve_each(modes: dict[str, dict], **common) -> Iterator[dict[str, dict[str, Server]]]:
        """Serve the site once for each of ``modes``, with TLS and without, by scheme and mode.

        What is ``common`` is said to all of them.
        """
        nginx = Nginx(tmp_path_factory.mktemp("modes"))
        context = ssl.create_default_context()
        authority.configure_trust(context)
        ports = iter(free_ports(2 * len(modes)))
        plain = {name: Server(next(ports), server.top, nginx.top) for name in modes}
        secure = {name: Server(next(ports), server.top, nginx.top, context) for name in modes}
        for name, settings in modes.items():
            listen, listen_tls = (
                [f"127.0.0.1:{servers[name].port}", f"[::1]:{servers[name].port}"]
                for servers in (plain, secure)
            )
            listeners = {
                "nginx_site_listen": listen,
                "nginx_site_tls": {**certificate, "listen": listen_tls},
            }
            app = "lists" if settings.get("nginx_site_forwarded") == "append" else "api"
            site = {**example_sites(server.top, app)[0], **listeners, **common, **settings}
            nginx.add(nginx_site, {**site, "nginx_site_name": name, "nginx_site_listen": listen})
        with running(nginx):
            yield {"http": plain, "https": secure}

    return serve_each


@pytest.fixture(scope="module")
def sites(request, serve_each) -> Iterator[dict[str, dict[str, Server]]]:
    """Serve each of the module's ``SITES``, by http as well as by https."""
    with serve_each(request.module.SITES, nginx_site_https_redirect=False) as served:
        yield served


@pytest.fixture(scope="session")
def listeners(serve_each) -> Iterator[dict[str, dict[str, Server]]]:
    """Serve the modes that all tests share; each answers by http as well as by https."""
    with serve_each(MODES, nginx_site_https_redirect=False) as served:
        yield served


@pytest.fixture(scope="session")
def modes(listeners) -> dict[str, Server]:
    """The site with every kind of mount in each of the modes, by its name."""
    return listeners["http"]


@pytest.fixture(scope="session")
def tls(listeners) -> dict[str, Server]:
    """The same sites, asked by TLS."""
    return listeners["https"]


@pytest.fixture(scope="session")
def original(root, server, tmp_path_factory) -> Iterator[Server]:
    """Serve the original example, which Subsite began with."""
    nginx = Nginx(tmp_path_factory.mktemp("original"))
    [port] = free_ports(1)
    text = (root / "tests/nginx_site/original.conf").read_text()
    config = text.replace("PORT", str(port)).replace("TOP", str(nginx.top))
    (nginx.top / "sites/original.conf").write_text(config)
    gunicorn = serve(
        nginx.top,
        "original",
        {"PYTHONPATH": f"{root}/tests/apps", "SCRIPT_NAME": "/api"},
        "echo:create_counting(1)",
    )
    try:
        with running(nginx):
            yield Server(port, nginx.top, nginx.top)
    finally:
        gunicorn.terminate()
        gunicorn.wait()


@pytest.fixture(params=["first", "renewed"])
def challenged(request, nginx, nginx_site, certificate):
    """Serve a site whose certificate is yet to be issued, or is there, and say which."""
    port, secure = free_ports(2)
    served = {
        "first": {"__nginx_site_served_certificate": {}},
        "renewed": {"__nginx_site_served_certificate": certificate},
    }
    site = {
        "nginx_site_name": "main",
        "nginx_site_server_names": ["example.org"],
        "nginx_site_listen": [f"127.0.0.1:{port}"],
        "nginx_site_tls": {"mode": "acme", "listen": [f"127.0.0.1:{secure}"]},
        "nginx_site_mounts": [{"path": "/", "root": f"{nginx.top}/page"}],
    }
    nginx.add(nginx_site, {**site, **served[request.param]})
    for path in ("page/index.html", "srv/main/acme/.well-known/acme-challenge/token"):
        (nginx.top / path).parent.mkdir(parents=True, exist_ok=True)
        (nginx.top / path).write_text(path)
    with running(nginx):
        yield request.param, Server(port, nginx.top, nginx.top)


def example_sites(top: Path, app: str = "api") -> list[dict]:
    """Return a site that has every kind of mount, and one that has an app only."""
    api = {"path": "/api", "upstreams": [f"{top}/{app}.sock"]}
    return [
        {
            "nginx_site_name": "main",
            "nginx_site_server_names": NAMES,
            "nginx_site_default_server": True,
            "nginx_site_mounts": [
                {"path": "/", "root": f"{top}/page", "fallback": "/index.html"},
                {**api, "static": [{"path": "/static", "root": f"{top}/static"}]},
                {"path": "/strip", "upstreams": [f"{top}/strip.sock"], "strip": True},
                {"path": "/own", "upstreams": [f"{top}/own.sock"]},
                {"path": "/as-sent", "upstreams": [f"{top}/as-sent.sock"], "raw": True},
                {"path": "/raw", "upstreams": [f"{top}/raw.sock"]},
                {"path": "/events", "upstreams": [f"{top}/events.sock"], "buffering": False},
                {"path": "/down", "upstreams": [f"{top}/down.sock"]},
                {"path": "/docs", "root": f"{top}/docs"},
                {"path": "/old", "redirect": "/docs/"},
                {"path": "/gone", "redirect": "https://example.com/new?a=b", "code": 307},
            ],
        },
        {
            "nginx_site_name": "second",
            "nginx_site_server_names": ["second.example"],
            "nginx_site_mounts": [
                {**api, "websocket": False, "headers": {"X-Team": "blue $request_method"}}
            ],
        },
    ]


def grow(top: Path) -> None:
    """Write the files that the sites serve."""
    files = {
        "page/index.html": "the page",
        "page/app.js": "the script",
        "static/style.css": "the style",
        "docs/index.html": "the docs",
        "docs/guide/index.html": "the guide",
        "docs/käse 100%/index.html": "the cheese",
        "secret.txt": "the secret",
        "page/.env": "the secret",
        "page/.git/config": "the secret",
        "page/.well-known/security.txt": "the contact",
        "static/.htpasswd": "the secret",
    }
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    (top / "static/theirs.css").symlink_to(top / "secret.txt")
    os.chown(top / "static/theirs.css", 65534, 65534, follow_symlinks=False)
