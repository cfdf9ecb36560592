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
TRUSTING = ["behind", "believing", "chained", "append"]
"""Modes with trusted headers."""
REQUEST = "GET /api/x HTTP/1.1"
"""The request line of all rows."""

HOSTS = [
    pytest.param(["Host: example.org:8000"], "http://example.org:8000", id="port of Host"),
    pytest.param(["Host: example.org"], "http://example.org", id="no port"),
    pytest.param(["Host: example.org:"], "http://example.org", id="empty port"),
    pytest.param(["Host: Example.ORG:81"], "http://example.org:81", id="capital letters"),
    pytest.param(["Host: example.org.:81"], "http://example.org:81", id="trailing dot"),
    pytest.param(["Host: [::1]:8000"], "http://[::1]:8000", id="IPv6 with a port in Host"),
    pytest.param(["Host: [::1]"], "http://[::1]", id="IPv6 without a port"),
    pytest.param(["Host: 127.0.0.1:8000"], "http://127.0.0.1:8000", id="IPv4"),
    pytest.param(["Host: example.org:443"], "http://example.org:443", id="http on 443"),
    pytest.param(["Host: user@example.org"], 400, id="user in Host"),
    pytest.param(["Host: a_b.example"], 400, id="underscore in Host"),
    pytest.param(["Host: example.org:abc"], 400, id="port of letters"),
    pytest.param(["Host: example.org:0"], 400, id="port 0"),
    pytest.param(["Host: example.org:65536"], 400, id="port too high"),
    pytest.param(["Host: example.org:8000,evil.example"], 400, id="list, server name first"),
    pytest.param(["Host: evil.example,example.org"], 400, id="list, server name last"),
    pytest.param(["Host: evil.example"], 421, id="unknown name"),
]

CLAIMED = [
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Proto: https"],
        "http://example.org:8000",
        id="forged scheme",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Proto: javascript"],
        "http://example.org:8000",
        id="forged invalid scheme",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Host: evil.example"],
        "http://example.org:8000",
        id="forged host",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Port: 666"],
        "http://example.org:8000",
        id="forged port",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Prefix: //evil.example"],
        "http://example.org:8000",
        id="forged prefix",
    ),
    pytest.param(
        ["Host: example.org", "Forwarded: for=192.0.2.7;host=evil.example;proto=https"],
        "http://example.org",
        id="all forged",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Ssl: on"],
        "http://example.org:8000",
        id="forged invalid headers",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Protocol: ssl"],
        "http://example.org:8000",
        id="forged Forwarded",
    ),
]

BEHIND = [
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="default port of the scheme",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="TLS on another port",
    ),
    pytest.param(
        ["Host: example.org:443", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="default port in Host",
    ),
    pytest.param(
        ["Host: example.org:80", "X-Forwarded-Proto: https"],
        "https://example.org:80",
        id="unusual port in Host",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http"],
        "http://example.org",
        id="client without TLS",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Proto: http"],
        "http://example.org:8000",
        id="without TLS on a mapped port",
    ),
    pytest.param(
        ["Host: [::1]:8443", "X-Forwarded-Proto: https"],
        "https://[::1]:8443",
        id="TLS to IPv6 with a port",
    ),
    pytest.param(
        ["Host: [::1]", "X-Forwarded-Proto: https"],
        "https://[::1]",
        id="TLS to IPv6 without a port",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: HTTPS"],
        "https://example.org",
        id="scheme in capitals",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: wss"],
        "https://example.org",
        id="WebSocket with TLS",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: ws"],
        "http://example.org",
        id="WebSocket without TLS",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http, https"],
        "https://example.org",
        id="last of a list counts",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https,http"],
        "http://example.org",
        id="first of a list is forged",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: javascript,\thttps "],
        "https://example.org",
        id="invalid values before the last",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https,"],
        "http://example.org",
        id="list with an empty end",
    ),
    *[
        pytest.param(
            ["Host: example.org", f"X-Forwarded-Proto: {invalid}"],
            "http://example.org",
            id=f"invalid scheme {invalid!r}",
        )
        for invalid in ("", "javascript", "httpss", "xhttps", "https://", "https;", "ftp", "1")
    ],
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="repeated header",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 80"],
        "https://example.org",
        id="port of the proxy's listener",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Port: 666"],
        "https://example.org:8443",
        id="port not trusted",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Host: localhost"],
        "https://example.org:8443",
        id="host not trusted",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /outer"],
        "https://example.org:8443",
        id="prefix not trusted",
    ),
    *[
        pytest.param(
            ["Host: example.org:8443", "X-Forwarded-Proto: https", header],
            "https://example.org:8443",
            id=f"never trusted, {header}",
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
        pytest.param(
            ["Host: example.org", header],
            "http://example.org",
            id=f"never trusted alone, {header}",
        )
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

BELIEVING = [
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org"],
        "http://example.org",
        id="host replaces Host",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="port of Host is not used for another host",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org:8443", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="host with a port",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: [::1]:81"],
        "http://[::1]:81",
        id="forwarded IPv6 with a port",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: [::1]"],
        "http://[::1]",
        id="forwarded IPv6 without a port",
    ),
    pytest.param(
        ["Host: localhost:81", "X-Forwarded-Host: example.org.."],
        "http://localhost:81",
        id="host of two dots",
    ),
    pytest.param(
        ["Host: localhost:81", "X-Forwarded-Host: [::1]."],
        "http://localhost:81",
        id="trailing dot of an address",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: evil.example, example.org:81"],
        "http://example.org:81",
        id="last host of a list counts",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org, evil.example"],
        421,
        id="unknown forwarded host",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: evil.example"],
        421,
        id="unknown forwarded host alone",
    ),
    pytest.param(
        ["Host: evil.example", "X-Forwarded-Host: example.org"],
        "http://example.org",
        id="unknown Host, known forwarded host",
    ),
    pytest.param(["Host: localhost:8000"], "http://localhost:8000", id="no headers"),
    *[
        pytest.param(
            ["Host: localhost:81", f"X-Forwarded-Host: {invalid}"],
            "http://localhost:81",
            id=f"invalid host {invalid!r}",
        )
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
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 8000"],
        "http://example.org:8000",
        id="port missing in Host",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 8443"],
        "https://example.org:8443",
        id="port beside the scheme",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 443"],
        "https://example.org",
        id="default port",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Port: 9000"],
        "http://example.org:8000",
        id="port of Host wins",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org:81", "X-Forwarded-Port: 82"],
        "http://example.org:81",
        id="port of the forwarded host wins",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org", "X-Forwarded-Port: 82"],
        "http://example.org:82",
        id="port for a forwarded host",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 80"],
        "https://example.org",
        id="https with port 80",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http", "X-Forwarded-Port: 443"],
        "http://example.org",
        id="http with port 443",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 666, 80"],
        "https://example.org",
        id="https with port 80 at the end of a list",
    ),
    pytest.param(
        ["Host: example.org:80", "X-Forwarded-Proto: https", "X-Forwarded-Port: 80"],
        "https://example.org:80",
        id="https with port 80 in Host",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 666, 8000"],
        "http://example.org:8000",
        id="last port of a list counts",
    ),
    *[
        pytest.param(
            ["Host: example.org", f"X-Forwarded-Port: {invalid}"],
            "http://example.org",
            id=f"invalid port {invalid!r}",
        )
        for invalid in ("", "0", "080", "65536", "-1", "http", "8000,", "80 81")
    ],
    pytest.param(
        [
            "Host: 127.0.0.1:8080",
            "X-Forwarded-Host: example.org",
            "X-Forwarded-Port: 8443",
            "X-Forwarded-Proto: https",
        ],
        "https://example.org:8443",
        id="all headers",
    ),
]

CHAINED = [
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http"],
        "https://example.org",
        id="TLS ends at the outermost proxy",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http, http"],
        "http://example.org",
        id="values left of the proxies are forged",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http,\thttps ,https"],
        "https://example.org",
        id="blanks between",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="one proxy sends a value",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: javascript, https"],
        "http://example.org",
        id="invalid scheme",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, javascript, https"],
        "http://example.org",
        id="invalid scheme, forged one is not used",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: , https"],
        "http://example.org",
        id="no value of the outermost proxy",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org:81, inner.example"],
        "http://example.org:81",
        id="host of the outermost proxy",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: evil.example, example.org, inner.example"],
        "http://example.org",
        id="forged host is not used",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org"],
        "http://example.org",
        id="one host",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org, evil.example, inner.example"],
        421,
        id="unknown forwarded host",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 8000, 80"],
        "http://example.org:8000",
        id="port of the outermost proxy",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 666, 8000, 80"],
        "http://example.org:8000",
        id="forged port is not used",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http", "X-Forwarded-Port: 80, 8080"],
        "https://example.org",
        id="https with port 80 of the outermost proxy",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http", "X-Forwarded-Port: 8443, 80"],
        "https://example.org:8443",
        id="https with port 80 of the inner proxy",
    ),
]

PINNED = [
    pytest.param(["Host: example.org"], "https://pub.example", id="any host"),
    pytest.param(["Host: localhost:8000"], "https://pub.example", id="any port"),
    pytest.param(["Host: [::1]:1"], "https://pub.example", id="any address"),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http"],
        "https://pub.example",
        id="any scheme",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Host: evil.example", "X-Forwarded-Port: 666"],
        "https://pub.example",
        id="forged headers",
    ),
    pytest.param(["Host: evil.example"], 421, id="unknown name"),
    pytest.param(["Host: user@example.org"], 400, id="invalid host"),
]

PINNED_BELOW = [
    pytest.param(["Host: example.org"], "https://pub.example:8443/outer", id="any host"),
    pytest.param(
        [
            "Host: localhost:1",
            "X-Forwarded-Proto: http",
            "X-Forwarded-Host: example.org:666",
            "X-Forwarded-Port: 80",
            "X-Forwarded-Prefix: /other",
        ],
        "https://pub.example:8443/outer",
        id="headers of a trusted proxy",
    ),
]

# Apps that count two proxies receive the same origin, also if the proxy sent no header.
APPENDED = [
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="scheme only",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="port of Host stays",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 8000"],
        "http://example.org:8000",
        id="port only",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org"],
        "http://example.org",
        id="host only",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Port: ,", "X-Forwarded-Proto: ,"],
        "http://example.org:8000",
        id="empty lists",
    ),
]

TABLE = {
    "edge": [*HOSTS, *CLAIMED],
    "behind": [*HOSTS, *BEHIND],
    "believing": [*HOSTS, *BELIEVING],
    "chained": [*HOSTS, *CHAINED],
    "append": [*HOSTS, *BELIEVING, *APPENDED],
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
