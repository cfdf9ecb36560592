"""The client address, through different proxies in front of nginx."""

import socket
import struct

import pytest

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(command: int, family: int = 0, addresses: bytes = b"") -> bytes:
    """Return a binary PROXY protocol header."""
    return SIGNATURE + struct.pack("!BBH", command, family, len(addresses)) + addresses


def pair(family: int, client: str, site: str) -> bytes:
    """Return two addresses with their ports, as the binary header has them."""
    ends = (socket.inet_pton(family, address) for address in (client, site))
    return b"".join(ends) + struct.pack("!HH", 56324, 443)


IPV4 = pair(socket.AF_INET, "203.0.113.9", "192.0.2.1")
IPV6 = pair(socket.AF_INET6, "2001:db8::9", "2001:db8::1")


def address(answer) -> str:
    return answer.echo["environ"]["REMOTE_ADDR"]


CLIENT = {
    "client": ["203.0.113.9"],
    "with a port": ["203.0.113.9:56324"],
    "claim before the client": ["198.51.100.6, 203.0.113.9"],
    "claim to be a proxy": ["127.0.0.1, 203.0.113.9"],
    "one proxy more": ["203.0.113.9, 10.0.0.7"],
    "two proxies more": ["203.0.113.9, 10.0.0.8, 10.0.0.7"],
    "claim before proxies": ["198.51.100.6, 203.0.113.9, 10.0.0.7"],
    "no blank between": ["203.0.113.9,10.0.0.7"],
    "claim in a line of its own": ["198.51.100.6", "203.0.113.9"],
    "proxies in lines of their own": ["203.0.113.9", "10.0.0.7"],
    "comma at the end": ["203.0.113.9, 10.0.0.7, "],
}
"""Lines of X-Forwarded-For with the client 203.0.113.9."""
INVALID = {
    "nothing": [],
    "nothing inside": [""],
    "unknown": ["unknown"],
    "unknown after a claim": ["203.0.113.9, unknown"],
    "no address": ["203.0.113.999"],
    "name": ["example.org"],
}
"""Lines without a client, so the address is that of the proxy."""
CHAINS = [
    *[pytest.param(lines, "203.0.113.9", id=words) for words, lines in CLIENT.items()],
    *[pytest.param(lines, "127.0.0.1", id=words) for words, lines in INVALID.items()],
    pytest.param(["2001:db8::9"], "2001:db8::9", id="client with IPv6"),
    pytest.param(["[2001:db8::9]:56324"], "2001:db8::9", id="IPv6 with a port"),
    pytest.param(["10.0.0.8"], "10.0.0.8", id="only proxies"),
]


@pytest.mark.parametrize(("chain", "client"), CHAINS)
def test_trusted_proxy_sets_it(modes, chain: list[str], client: str):
    headers = [f"X-Forwarded-For: {value}" for value in chain]
    assert address(modes["behind"].get("/api/x", *headers)) == client


@pytest.mark.parametrize(("chain", "client"), CHAINS)
def test_other_client_does_not_set_it(modes, chain: list[str], client: str):
    headers = [f"X-Forwarded-For: {value}" for value in chain]
    assert address(modes["behind"].get("/api/x", *headers, peer="127.0.0.2")) == "127.0.0.2"


@pytest.mark.parametrize(
    ("mode", "client"),
    [
        pytest.param("edge", "127.0.0.1", id="edge"),
        pytest.param("pinned", "127.0.0.1", id="pinned, no trusted proxy"),
        pytest.param("pinned-below", "203.0.113.9", id="pinned, and proxies trusted"),
        pytest.param("chained", "203.0.113.9", id="chain, whose length is nothing here"),
    ],
)
def test_it_depends_on_trust(modes, mode: str, client: str):
    assert address(modes[mode].get("/api/x", "X-Forwarded-For: 203.0.113.9")) == client


@pytest.mark.parametrize("header", ["X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "Forwarded"])
def test_no_other_header_tells_it(modes, header: str):
    answer = modes["behind"].get("/api/x", f"{header}: for=203.0.113.9", f"{header}: 203.0.113.9")
    assert address(answer) == "127.0.0.1"


def test_app_receives_it_once(modes):
    received = modes["behind"].get("/api/x", "X-Forwarded-For: 198.51.100.6, 203.0.113.9").received
    names = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")
    assert [received[name] for name in names] == ["203.0.113.9", "203.0.113.9"]


CONNECTIONS = [
    pytest.param(b"PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n", "203.0.113.9", id="text"),
    pytest.param(
        b"PROXY TCP6 2001:db8::9 2001:db8::1 56324 443\r\n", "2001:db8::9", id="text, IPv6"
    ),
    pytest.param(b"PROXY UNKNOWN\r\n", "127.0.0.1", id="text, unknown"),
    pytest.param(version_2(0x21, 0x11, IPV4), "203.0.113.9", id="binary"),
    pytest.param(version_2(0x21, 0x21, IPV6), "2001:db8::9", id="binary, IPv6"),
    pytest.param(version_2(0x20), "127.0.0.1", id="binary, the proxy itself"),
]


class TestProxyProtocol:
    @pytest.mark.parametrize(("first", "client"), CONNECTIONS)
    def test_sets_it(self, modes, first: bytes, client: str):
        assert address(modes["passed-on"].get("/api/x", first=first)) == client

    @pytest.mark.parametrize(("first", "client"), CONNECTIONS)
    def test_is_ignored_from_other_clients(self, modes, first: bytes, client: str):
        answer = modes["passed-on"].get("/api/x", first=first, peer="127.0.0.2")
        assert address(answer) == "127.0.0.2"

    def test_is_more_than_a_header(self, modes):
        answer = modes["passed-on"].get(
            "/api/x", "X-Forwarded-For: 198.51.100.6", first=version_2(0x21, 0x11, IPV4)
        )
        assert address(answer) == "203.0.113.9"

    @pytest.mark.parametrize(
        ("mode", "scheme"),
        [
            pytest.param("passed-on", "http", id="as headers are passed on, too"),
            pytest.param(
                "passed-on-with-scheme", "https", id="unless it is said to set the scheme"
            ),
        ],
    )
    def test_makes_no_header_true(self, modes, mode: str, scheme: str):
        answer = modes[mode].get(
            "/api/x", "X-Forwarded-Proto: https", first=version_2(0x21, 0x11, IPV4)
        )
        assert answer.received["HTTP_X_FORWARDED_PROTO"] == scheme

    def test_is_expected_of_every_connection(self, modes):
        with socket.create_connection(("127.0.0.1", modes["passed-on"].port), 10) as connection:
            connection.sendall(b"GET /api/x HTTP/1.1\r\nHost: example.org\r\n\r\n")
            assert connection.recv(1) == b""
