"""How much a client may request."""

import socket

import pytest

PROXIES = {"nginx_site_trusted_proxies": ["127.0.0.1"]}
FEW = {"rate": "1r/m", "burst": 1}
"""Two requests of a client, and no more for as long as a test lasts."""
SITES: dict[str, dict] = {
    "default": {},
    "sizes": {"nginx_site_limits": {"body_size": "2k", "header_size": "2k"}},
    "any-body": {"nginx_site_limits": {"body_size": "0"}},
    "slow": {"nginx_site_limits": {"header_timeout": 1, "body_timeout": 1, "send_timeout": 1}},
    "rate": {"nginx_site_limits": FEW},
    "rate-fronted": {"nginx_site_limits": FEW, **PROXIES},
    "rate-passed-on": {"nginx_site_limits": FEW, **PROXIES, "nginx_site_proxy_protocol": True},
    "connections": {"nginx_site_limits": {"connections": 1}},
}
LINES = [
    ("default", 8000, True),
    ("default", 8200, False),
    ("sizes", 1900, True),
    ("sizes", 2100, False),
]
"""Sites, the bytes of a line in a request, and whether the site accepts it."""


@pytest.fixture(scope="module")
def plain(sites):
    return sites["http"]


def post(server, path: str, length: int):
    headers = ["Host: example.org", f"Content-Length: {length}"]
    return server.ask(f"POST {path} HTTP/1.1", *headers, body="x" * length)


class TestSize:
    @pytest.mark.parametrize(
        ("site", "length", "status"),
        [
            ("default", 2**20, 200),
            ("default", 2**20 + 1, 413),
            ("sizes", 2048, 200),
            ("sizes", 2049, 413),
            ("any-body", 2**21, 200),
        ],
    )
    def test_of_a_body(self, plain, site: str, length: int, status: int):
        assert post(plain[site], "/api/x", length).status == status

    @pytest.mark.parametrize(("site", "length", "fits"), LINES)
    def test_of_a_url(self, plain, site: str, length: int, fits: bool):
        answer = plain[site].get(f"/api/x?{'y' * length}")
        assert answer.status == (200 if fits else 414)

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize(("site", "length", "fits"), LINES)
    def test_of_a_cookie(self, sites, scheme: str, site: str, length: int, fits: bool):
        answer = sites[scheme][site].get("/api/x", f"Cookie: a={'y' * length}")
        assert answer.status == (200 if fits else 431)

    def test_of_a_cookie_in_crumbs(self, sites):
        """HTTP/2 splits cookies, and nginx joins them for the app to a line that is longer."""
        fields = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "example.org"),
            (":path", "/api/x"),
            *[("cookie", f"{name}={'y' * 7000}") for name in "abcd"],
        ]
        assert len(sites["https"]["default"].stream(fields).received["HTTP_COOKIE"]) > 28000

    def test_of_a_head(self, plain):
        """What nginx takes in all, gunicorn takes, too."""
        headers = [f"X-{name}: {'y' * 7000}" for name in "abcd"]
        assert plain["default"].get("/api/x", *headers).status == 200


class TestSlowClient:
    """nginx closes the connection when its time is up."""

    @pytest.mark.parametrize(
        "begun",
        [
            pytest.param(b"GET /api/x HTTP/1.1\r\nHost: exa", id="head"),
            pytest.param(
                b"POST /api/x HTTP/1.1\r\nHost: example.org\r\nContent-Length: 9\r\n\r\nabc",
                id="body",
            ),
        ],
    )
    def test_has_a_second_for_its(self, plain, begun: bytes):
        with plain["slow"].connect() as connection:
            connection.sendall(begun)
            assert connection.recv(1) == b""

    def test_has_a_second_to_take_a_piece_of_the_answer(self, plain, logged):
        size = 2**24
        (plain["slow"].top / "docs/large").write_bytes(bytes(size))
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", plain["slow"].port))
            connection.sendall(b"GET /docs/large HTTP/1.1\r\nHost: example.org\r\n\r\n")
            logged(plain["slow"].logs / "access.log", "GET /docs/large")
            taken = 0
            while piece := connection.recv(65536):
                taken += len(piece)
        assert taken < size


def statuses(server, *headers: str, count: int = 3, **how) -> list[int]:
    return [server.get("/api/x", *headers, **how).status for _ in range(count)]


class TestRate:
    def test_is_of_each_client(self, plain):
        assert statuses(plain["rate"], peer="127.0.0.1") == [200, 200, 429]
        assert statuses(plain["rate"], peer="127.0.0.2") == [200, 200, 429]

    @pytest.mark.parametrize("path", ["/", "/docs/", "/api/static/style.css", "/down/x"])
    def test_is_of_all_paths(self, plain, path: str):
        statuses(plain["rate"], peer="127.0.0.3")
        assert plain["rate"].get(path, peer="127.0.0.3").status == 429

    def test_is_of_the_client_and_not_of_the_proxy(self, plain):
        for client in ("203.0.113.1", "203.0.113.2"):
            header = f"X-Forwarded-For: {client}"
            assert statuses(plain["rate-fronted"], header) == [200, 200, 429]

    def test_is_of_the_address_in_a_proxy_protocol_header(self, plain):
        for client in ("203.0.113.1", "203.0.113.2"):
            first = f"PROXY TCP4 {client} 192.0.2.1 56324 80\r\n".encode()
            assert statuses(plain["rate-passed-on"], first=first) == [200, 200, 429]

    @pytest.mark.parametrize(("site", "peer"), [("rate", "127.0.0.5"), ("rate-fronted", "::1")])
    def test_does_not_depend_on_what_strangers_claim(self, plain, site: str, peer: str):
        answers = [
            statuses(plain[site], f"X-Forwarded-For: 203.0.113.{last}", count=1, peer=peer)[0]
            for last in range(10, 13)
        ]
        assert answers == [200, 200, 429]

    def test_is_of_a_network_of_ipv6(self, plain):
        """A household has a whole /64, and so has an attacker."""
        addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1", "2001:db8:0:1::1"]
        answers = [
            statuses(plain["rate-fronted"], f"X-Forwarded-For: {address}", count=1)[0]
            for address in addresses
        ]
        assert answers == [200, 200, 429, 200]


class TestConnections:
    UNDER_WAY = b"POST /api/x HTTP/1.1\r\nHost: example.org\r\nContent-Length: 3\r\n\r\n"

    def test_are_of_each_client(self, plain):
        server = plain["connections"]
        with server.connect(peer="127.0.0.1") as connection:
            connection.sendall(self.UNDER_WAY)
            answers = {peer: server.get("/api/x", peer=peer) for peer in ("127.0.0.1", "127.0.0.2")}
            assert {peer: answer.status for peer, answer in answers.items()} == {
                "127.0.0.1": 429,
                "127.0.0.2": 200,
            }
            connection.sendall(b"abc")
            assert connection.recv(12) == b"HTTP/1.1 200"

    def test_are_not_counted_unless_wanted(self, plain):
        with plain["default"].connect() as connection:
            connection.sendall(self.UNDER_WAY)
            assert statuses(plain["default"]) == [200, 200, 200]
