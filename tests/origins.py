"""Requests to nginx, and the public origin that nginx has to forward for each.

A row has the headers of a request, and the origin or the error status.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SITES = yaml.safe_load((ROOT / "molecule/origins/inventory/hosts.yml").read_text())["web"]
NAMES: list[str] = SITES["vars"]["nginx_site_server_names"]
"""The server names of all sites."""
MODES: dict[str, dict] = SITES["hosts"]
"""The variables of each mode: its proxies, and the headers that are trusted."""
TRUSTED, STRANGER = "127.0.0.1", "127.0.0.2"
TRUSTING = ["behind", "all-trusted", "chained", "append"]
"""Modes with trusted headers."""
REQUEST = "GET /api/x HTTP/1.1"
"""The request line of all rows."""


def row(name: str, host: str, origin: str | int, /, *headers: str, **forwarded: str):
    """Return a row: its name, the Host and the further headers of a request, and its origin.

    ``proto="https"`` adds ``X-Forwarded-Proto: https``.
    """
    forwarded_headers = [f"X-Forwarded-{key.title()}: {forwarded[key]}" for key in forwarded]
    return pytest.param([f"Host: {host}", *forwarded_headers, *headers], origin, id=name)


HOSTS = [
    row("port of Host", "example.org:8000", "http://example.org:8000"),
    row("no port", "example.org", "http://example.org"),
    row("empty port", "example.org:", "http://example.org"),
    row("capital letters", "Example.ORG:81", "http://example.org:81"),
    row("trailing dot", "example.org.:81", "http://example.org:81"),
    row("IPv6 with a port in Host", "[::1]:8000", "http://[::1]:8000"),
    row("IPv6 without a port", "[::1]", "http://[::1]"),
    row("IPv4", "127.0.0.1:8000", "http://127.0.0.1:8000"),
    row("http on 443", "example.org:443", "http://example.org:443"),
    row("user in Host", "user@example.org", 400),
    row("underscore in Host", "a_b.example", 400),
    row("port of letters", "example.org:abc", 400),
    row("port 0", "example.org:0", 400),
    row("port too high", "example.org:65536", 400),
    row("list, server name first", "example.org:8000,evil.example", 400),
    row("list, server name last", "evil.example,example.org", 400),
    row("unknown name", "evil.example", 421),
]

CLAIMED = [
    row("forged scheme", "example.org:8000", "http://example.org:8000", proto="https"),
    row("forged invalid scheme", "example.org:8000", "http://example.org:8000", proto="javascript"),
    row("forged host", "example.org:8000", "http://example.org:8000", host="evil.example"),
    row("forged port", "example.org:8000", "http://example.org:8000", port="666"),
    row("forged prefix", "example.org:8000", "http://example.org:8000", prefix="//evil.example"),
    row(
        "forged Forwarded",
        "example.org",
        "http://example.org",
        "Forwarded: for=192.0.2.7;host=evil.example;proto=https",
    ),
    row(
        "forged X-Forwarded-Ssl",
        "example.org:8000",
        "http://example.org:8000",
        "X-Forwarded-Ssl: on",
    ),
    row(
        "forged X-Forwarded-Protocol",
        "example.org:8000",
        "http://example.org:8000",
        "X-Forwarded-Protocol: ssl",
    ),
]

BEHIND = [
    row("default port of the scheme", "example.org", "https://example.org", proto="https"),
    row("TLS on another port", "example.org:8443", "https://example.org:8443", proto="https"),
    row("default port in Host", "example.org:443", "https://example.org", proto="https"),
    row("unusual port in Host", "example.org:80", "https://example.org:80", proto="https"),
    row("client without TLS", "example.org", "http://example.org", proto="http"),
    row(
        "without TLS on a mapped port", "example.org:8000", "http://example.org:8000", proto="http"
    ),
    row("TLS to IPv6 with a port", "[::1]:8443", "https://[::1]:8443", proto="https"),
    row("TLS to IPv6 without a port", "[::1]", "https://[::1]", proto="https"),
    row("scheme in capitals", "example.org", "https://example.org", proto="HTTPS"),
    row("WebSocket with TLS", "example.org", "https://example.org", proto="wss"),
    row("WebSocket without TLS", "example.org", "http://example.org", proto="ws"),
    row("last of a list counts", "example.org", "https://example.org", proto="http, https"),
    row("first of a list is forged", "example.org", "http://example.org", proto="https,http"),
    row(
        "invalid values before the last",
        "example.org",
        "https://example.org",
        proto="javascript,\thttps ",
    ),
    row("list with an empty end", "example.org", "http://example.org", proto="https,"),
    *[
        row(f"invalid scheme {invalid!r}", "example.org", "http://example.org", proto=invalid)
        for invalid in ("", "javascript", "httpss", "xhttps", "https://", "https;", "ftp", "1")
    ],
    row(
        "repeated header",
        "example.org:8443",
        "https://example.org:8443",
        "X-Forwarded-Proto: https",
        proto="https",
    ),
    row(
        "port of the proxy's listener",
        "example.org",
        "https://example.org",
        proto="https",
        port="80",
    ),
    row(
        "port not trusted",
        "example.org:8443",
        "https://example.org:8443",
        proto="https",
        port="666",
    ),
    row(
        "host not trusted",
        "example.org:8443",
        "https://example.org:8443",
        proto="https",
        host="localhost",
    ),
    row(
        "prefix not trusted",
        "example.org:8443",
        "https://example.org:8443",
        proto="https",
        prefix="/outer",
    ),
    *[
        row(
            f"never trusted, {header}",
            "example.org:8443",
            "https://example.org:8443",
            header,
            proto="https",
        )
        for header in (
            "X-Forwarded-Ssl: on",
            "X-Forwarded-Ssl: off",
            "X-Forwarded-Protocol: ssl",
            "X-Forwarded-Protocol: http",
            "X-Forwarded-Scheme: http",
            "Front-End-Https: off",
            "X-Url-Scheme: http",
            "Forwarded: proto=http;host=evil.example;for=192.0.2.7",
            "X_Forwarded_Proto: http",
        )
    ],
    *[
        row(f"never trusted alone, {header}", "example.org", "http://example.org", header)
        for header in (
            "X-Forwarded-Ssl: on",
            "X-Forwarded-Protocol: https",
            "X-Forwarded-Scheme: https",
            "Front-End-Https: on",
            "X-Url-Scheme: https",
            "Forwarded: proto=https;host=evil.example;for=192.0.2.7",
            "X_Forwarded_Proto: https",
        )
    ],
]

ALL_TRUSTED = [
    row("host replaces Host", "127.0.0.1:8080", "http://example.org", host="example.org"),
    row(
        "port of Host is not used for another host",
        "127.0.0.1:8080",
        "https://example.org",
        host="example.org",
        proto="https",
    ),
    row(
        "host with a port",
        "127.0.0.1:8080",
        "https://example.org:8443",
        host="example.org:8443",
        proto="https",
    ),
    row("forwarded IPv6 with a port", "127.0.0.1", "http://[::1]:81", host="[::1]:81"),
    row("forwarded IPv6 without a port", "127.0.0.1", "http://[::1]", host="[::1]"),
    row("host of two dots", "localhost:81", "http://localhost:81", host="example.org.."),
    row("trailing dot of an address", "localhost:81", "http://localhost:81", host="[::1]."),
    row(
        "last host of a list counts",
        "127.0.0.1",
        "http://example.org:81",
        host="evil.example, example.org:81",
    ),
    row("unknown forwarded host", "127.0.0.1", 421, host="example.org, evil.example"),
    row("unknown forwarded host alone", "127.0.0.1", 421, host="evil.example"),
    row(
        "unknown Host, known forwarded host",
        "evil.example",
        "http://example.org",
        host="example.org",
    ),
    row("no headers", "localhost:8000", "http://localhost:8000"),
    *[
        row(f"invalid host {invalid!r}", "localhost:81", "http://localhost:81", host=invalid)
        for invalid in (
            "",
            "example.org:0",
            "example.org:65536",
            "user@example.org",
            "a_b.example",
            "example.org/x",
            "example.org:81:82",
            "[::1",
            "example.org evil.example",
        )
    ],
    row("port missing in Host", "example.org", "http://example.org:8000", port="8000"),
    row(
        "port beside the scheme",
        "example.org",
        "https://example.org:8443",
        proto="https",
        port="8443",
    ),
    row("default port", "example.org", "https://example.org", proto="https", port="443"),
    row("port of Host wins", "example.org:8000", "http://example.org:8000", port="9000"),
    row(
        "port of the forwarded host wins",
        "127.0.0.1",
        "http://example.org:81",
        host="example.org:81",
        port="82",
    ),
    row(
        "port for a forwarded host",
        "127.0.0.1:8080",
        "http://example.org:82",
        host="example.org",
        port="82",
    ),
    row("https with port 80", "example.org", "https://example.org", proto="https", port="80"),
    row("http with port 443", "example.org", "http://example.org", proto="http", port="443"),
    row(
        "https with port 80 at the end of a list",
        "example.org",
        "https://example.org",
        proto="https",
        port="666, 80",
    ),
    row(
        "https with port 80 in Host",
        "example.org:80",
        "https://example.org:80",
        proto="https",
        port="80",
    ),
    row("last port of a list counts", "example.org", "http://example.org:8000", port="666, 8000"),
    *[
        row(f"invalid port {invalid!r}", "example.org", "http://example.org", port=invalid)
        for invalid in ("", "0", "080", "65536", "-1", "http", "8000,", "80 81")
    ],
    row(
        "all headers",
        "127.0.0.1:8080",
        "https://example.org:8443",
        host="example.org",
        port="8443",
        proto="https",
    ),
]

CHAINED = [
    row(
        "TLS ends at the outermost proxy", "example.org", "https://example.org", proto="https, http"
    ),
    row(
        "values left of the proxies are forged",
        "example.org",
        "http://example.org",
        proto="https, http, http",
    ),
    row("blanks between", "example.org", "https://example.org", proto="http,\thttps ,https"),
    row("one proxy sends a value", "example.org", "https://example.org", proto="https"),
    row("invalid scheme", "example.org", "http://example.org", proto="javascript, https"),
    row(
        "invalid scheme, forged one is not used",
        "example.org",
        "http://example.org",
        proto="https, javascript, https",
    ),
    row("no value of the outermost proxy", "example.org", "http://example.org", proto=", https"),
    row(
        "host of the outermost proxy",
        "127.0.0.1",
        "http://example.org:81",
        host="example.org:81, inner.example",
    ),
    row(
        "forged host is not used",
        "127.0.0.1",
        "http://example.org",
        host="evil.example, example.org, inner.example",
    ),
    row("one host", "127.0.0.1", "http://example.org", host="example.org"),
    row(
        "unknown forwarded host", "127.0.0.1", 421, host="example.org, evil.example, inner.example"
    ),
    row("port of the outermost proxy", "example.org", "http://example.org:8000", port="8000, 80"),
    row("forged port is not used", "example.org", "http://example.org:8000", port="666, 8000, 80"),
    row(
        "https with port 80 of the outermost proxy",
        "example.org",
        "https://example.org",
        proto="https, http",
        port="80, 8080",
    ),
    row(
        "https with port 80 of the inner proxy",
        "example.org",
        "https://example.org:8443",
        proto="https, http",
        port="8443, 80",
    ),
]

PINNED = [
    row("any host", "example.org", "https://pub.example"),
    row("any port", "localhost:8000", "https://pub.example"),
    row("any address", "[::1]:1", "https://pub.example"),
    row("any scheme", "example.org", "https://pub.example", proto="http"),
    row("forged headers", "example.org", "https://pub.example", host="evil.example", port="666"),
    row("unknown name", "evil.example", 421),
    row("invalid host", "user@example.org", 400),
]

PINNED_BELOW = [
    row("any host", "example.org", "https://pub.example:8443/outer"),
    row(
        "headers of a trusted proxy",
        "localhost:1",
        "https://pub.example:8443/outer",
        proto="http",
        host="example.org:666",
        port="80",
        prefix="/other",
    ),
]

# Apps that count two proxies receive the same origin, also if the proxy sent no header.
APPENDED = [
    row("scheme only", "example.org", "https://example.org", proto="https"),
    row("port of Host stays", "example.org:8443", "https://example.org:8443", proto="https"),
    row("port only", "example.org", "http://example.org:8000", port="8000"),
    row("host only", "127.0.0.1:8080", "http://example.org", host="example.org"),
    row("empty lists", "example.org:8000", "http://example.org:8000", port=",", proto=","),
]

TABLE = {
    "edge": [*HOSTS, *CLAIMED],
    "behind": [*HOSTS, *BEHIND],
    "all-trusted": [*HOSTS, *ALL_TRUSTED],
    "chained": [*HOSTS, *CHAINED],
    "append": [*HOSTS, *ALL_TRUSTED, *APPENDED],
    "append-at-the-edge": [*HOSTS, *CLAIMED],
    "append-to-pinned": PINNED,
    "pinned": PINNED,
    "pinned-below": PINNED_BELOW,
}


def rows(*modes: str) -> list:
    """Return the rows of all ``modes``, each with its mode."""
    return [
        pytest.param(mode, *row.values, id=f"{mode}, {row.id}")
        for mode in modes
        for row in TABLE[mode]
    ]


def origin_of(status: int, body: bytes | str) -> str | int:
    """Return the origin that the app received, or the status if nginx answered itself."""
    return json.loads(body)["url"].removesuffix("/api/x") if status == 200 else status
