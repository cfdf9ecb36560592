"""Requests as nginx gets them, and the origin that an app has to be told of each.

A row is the head of a request and the origin, or the status with which nginx refuses. The name of
the row says why.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SITES = yaml.safe_load((ROOT / "molecule/origins/inventory/hosts.yml").read_text())["web"]
NAMES: list[str] = SITES["vars"]["nginx_site_server_names"]
"""What the sites are called."""
MODES: dict[str, dict] = SITES["hosts"]
"""What may stand in front of nginx, and how far it is trusted."""
TRUSTED, STRANGER = "127.0.0.1", "127.0.0.2"
TRUSTING = ["behind", "believing", "chained", "append"]
"""Modes that believe headers, of those who are trusted."""
REQUEST = "GET /api/x HTTP/1.1"
"""What all rows ask for."""


ASKED = [
    pytest.param(
        ["Host: example.org:8000"], "http://example.org:8000", id="port is the one asked for"
    ),
    pytest.param(["Host: example.org"], "http://example.org", id="no port is the default"),
    pytest.param(["Host: example.org:"], "http://example.org", id="nor is an empty one"),
    pytest.param(["Host: Example.ORG:81"], "http://example.org:81", id="case is nothing"),
    pytest.param(["Host: example.org.:81"], "http://example.org:81", id="nor is a last dot"),
    pytest.param(["Host: [::1]:8000"], "http://[::1]:8000", id="IPv6 has colons of its own"),
    pytest.param(["Host: [::1]"], "http://[::1]", id="IPv6 without a port"),
    pytest.param(["Host: 127.0.0.1:8000"], "http://127.0.0.1:8000", id="IPv4"),
    pytest.param(["Host: example.org:443"], "http://example.org:443", id="http on 443"),
    pytest.param(["Host: user@example.org"], 400, id="user is no part of a host"),
    pytest.param(["Host: a_b.example"], 400, id="underscore would leave the host empty"),
    pytest.param(["Host: example.org:abc"], 400, id="port is a number"),
    pytest.param(["Host: example.org:0"], 400, id="port 0 is none"),
    pytest.param(["Host: example.org:65536"], 400, id="port is too large"),
    pytest.param(["Host: example.org:8000,evil.example"], 400, id="list would hide a host"),
    pytest.param(["Host: evil.example,example.org"], 400, id="list would show a host"),
    pytest.param(["Host: evil.example"], 421, id="name is not ours"),
]

CLAIMED = [
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Proto: https"],
        "http://example.org:8000",
        id="scheme is the visitor's claim",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Proto: javascript"],
        "http://example.org:8000",
        id="scheme is the visitor's joke",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Host: evil.example"],
        "http://example.org:8000",
        id="host is the visitor's claim",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Port: 666"],
        "http://example.org:8000",
        id="port is the visitor's claim",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Prefix: //evil.example"],
        "http://example.org:8000",
        id="prefix is the visitor's claim",
    ),
    pytest.param(
        ["Host: example.org", "Forwarded: for=192.0.2.7;host=evil.example;proto=https"],
        "http://example.org",
        id="all at once is the visitor's claim",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Ssl: on"],
        "http://example.org:8000",
        id="no header makes a good request bad",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Protocol: ssl"],
        "http://example.org:8000",
        id="nor does its cousin",
    ),
]

BEHIND = [
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="scheme decides the port, not the listener",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="TLS on another port",
    ),
    pytest.param(
        ["Host: example.org:443", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="default port, spelt out",
    ),
    pytest.param(
        ["Host: example.org:80", "X-Forwarded-Proto: https"],
        "https://example.org:80",
        id="strange port that was asked for",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http"],
        "http://example.org",
        id="visitor came without TLS",
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
        id="last of a list is the proxy's",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https,http"],
        "http://example.org",
        id="first of a list is the visitor's",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: javascript,\thttps "],
        "https://example.org",
        id="rubbish and blanks before the last",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https,"],
        "http://example.org",
        id="list with nothing at its end",
    ),
    *[
        pytest.param(
            ["Host: example.org", f"X-Forwarded-Proto: {rubbish}"],
            "http://example.org",
            id=f"scheme is none, as in {rubbish!r}",
        )
        for rubbish in ("", "javascript", "httpss", "xhttps", "https://", "https;", "ftp", "1")
    ],
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="twice the same",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 80"],
        "https://example.org",
        id="port of the proxy's own listener",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Port: 666"],
        "https://example.org:8443",
        id="port is not among what is believed",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Host: localhost"],
        "https://example.org:8443",
        id="host is not among what is believed",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /outer"],
        "https://example.org:8443",
        id="prefix is not among what is believed",
    ),
    *[
        pytest.param(
            ["Host: example.org:8443", "X-Forwarded-Proto: https", header],
            "https://example.org:8443",
            id=f"never believed, {header}",
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
            id=f"never believed alone, {header}",
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
        id="host replaces the proxy's",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="port of another host is not taken",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org:8443", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="host with a port",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: [::1]:81"],
        "http://[::1]:81",
        id="IPv6 with a port",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: [::1]"],
        "http://[::1]",
        id="IPv6 without a port",
    ),
    pytest.param(
        ["Host: localhost:81", "X-Forwarded-Host: example.org.."],
        "http://localhost:81",
        id="two dots are no host",
    ),
    pytest.param(
        ["Host: localhost:81", "X-Forwarded-Host: [::1]."],
        "http://localhost:81",
        id="dot is no part of an address",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: evil.example, example.org:81"],
        "http://example.org:81",
        id="last host of a list is the proxy's",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org, evil.example"],
        421,
        id="host is not ours",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: evil.example"],
        421,
        id="host alone is not ours",
    ),
    pytest.param(
        ["Host: evil.example", "X-Forwarded-Host: example.org"],
        "http://example.org",
        id="proxy's own name need not be ours",
    ),
    pytest.param(["Host: localhost:8000"], "http://localhost:8000", id="nothing is said"),
    *[
        pytest.param(
            ["Host: localhost:81", f"X-Forwarded-Host: {rubbish}"],
            "http://localhost:81",
            id=f"host is none, as in {rubbish!r}",
        )
        for rubbish in (
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
        id="port that the proxy has left out of the host",
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
        id="port that was asked for wins",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org:81", "X-Forwarded-Port: 82"],
        "http://example.org:81",
        id="port beside the host wins",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org", "X-Forwarded-Port: 82"],
        "http://example.org:82",
        id="port completes the host",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 80"],
        "https://example.org",
        id="https on 80 is the proxy's listener",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http", "X-Forwarded-Port: 443"],
        "http://example.org",
        id="http on 443 is the proxy's listener",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https", "X-Forwarded-Port: 666, 80"],
        "https://example.org",
        id="https on 80 at the end of a list",
    ),
    pytest.param(
        ["Host: example.org:80", "X-Forwarded-Proto: https", "X-Forwarded-Port: 80"],
        "https://example.org:80",
        id="https on 80 was asked for",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 666, 8000"],
        "http://example.org:8000",
        id="last port of a list is the proxy's",
    ),
    *[
        pytest.param(
            ["Host: example.org", f"X-Forwarded-Port: {rubbish}"],
            "http://example.org",
            id=f"port is none, as in {rubbish!r}",
        )
        for rubbish in ("", "0", "080", "65536", "-1", "http", "8000,", "80 81")
    ],
    pytest.param(
        [
            "Host: 127.0.0.1:8080",
            "X-Forwarded-Host: example.org",
            "X-Forwarded-Port: 8443",
            "X-Forwarded-Proto: https",
        ],
        "https://example.org:8443",
        id="all of it",
    ),
]

CHAINED = [
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http"],
        "https://example.org",
        id="outermost proxy ended TLS",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http, http"],
        "http://example.org",
        id="left of the proxies is the visitor's",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http,\thttps ,https"],
        "https://example.org",
        id="blanks between",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="only one proxy says something",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: javascript, https"],
        "http://example.org",
        id="scheme is none",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, javascript, https"],
        "http://example.org",
        id="scheme is none, and the visitor's is not taken",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: , https"],
        "http://example.org",
        id="outermost proxy says nothing",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org:81, inner.example"],
        "http://example.org:81",
        id="host of the outermost",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: evil.example, example.org, inner.example"],
        "http://example.org",
        id="host is not the visitor's",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org"],
        "http://example.org",
        id="one host",
    ),
    pytest.param(
        ["Host: 127.0.0.1", "X-Forwarded-Host: example.org, evil.example, inner.example"],
        421,
        id="host is not ours",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 8000, 80"],
        "http://example.org:8000",
        id="port of the outermost",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 666, 8000, 80"],
        "http://example.org:8000",
        id="port is not the visitor's",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http", "X-Forwarded-Port: 80, 8080"],
        "https://example.org",
        id="https on 80 is the outermost's listener",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https, http", "X-Forwarded-Port: 8443, 80"],
        "https://example.org:8443",
        id="https on 80 is the inner's listener",
    ),
]

PINNED = [
    pytest.param(["Host: example.org"], "https://pub.example", id="whatever host"),
    pytest.param(["Host: localhost:8000"], "https://pub.example", id="whatever port"),
    pytest.param(["Host: [::1]:1"], "https://pub.example", id="whatever address"),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: http"],
        "https://pub.example",
        id="whatever scheme",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Host: evil.example", "X-Forwarded-Port: 666"],
        "https://pub.example",
        id="whatever is claimed",
    ),
    pytest.param(["Host: evil.example"], 421, id="name is not ours"),
    pytest.param(["Host: user@example.org"], 400, id="host is none"),
]

PINNED_BELOW = [
    pytest.param(["Host: example.org"], "https://pub.example:8443/outer", id="whatever host"),
    pytest.param(
        [
            "Host: localhost:1",
            "X-Forwarded-Proto: http",
            "X-Forwarded-Host: example.org:666",
            "X-Forwarded-Port: 80",
            "X-Forwarded-Prefix: /other",
        ],
        "https://pub.example:8443/outer",
        id="whatever a trusted proxy says",
    ),
]

# Apps that count two proxies see what the others see, even if nobody in front has said anything.
APPENDED = [
    pytest.param(
        ["Host: example.org", "X-Forwarded-Proto: https"],
        "https://example.org",
        id="scheme alone is told",
    ),
    pytest.param(
        ["Host: example.org:8443", "X-Forwarded-Proto: https"],
        "https://example.org:8443",
        id="port of the host is not lost",
    ),
    pytest.param(
        ["Host: example.org", "X-Forwarded-Port: 8000"],
        "http://example.org:8000",
        id="port alone is told",
    ),
    pytest.param(
        ["Host: 127.0.0.1:8080", "X-Forwarded-Host: example.org"],
        "http://example.org",
        id="host alone is told",
    ),
    pytest.param(
        ["Host: example.org:8000", "X-Forwarded-Port: ,", "X-Forwarded-Proto: ,"],
        "http://example.org:8000",
        id="lists of nothing",
    ),
]

TABLE = {
    "edge": [*ASKED, *CLAIMED],
    "behind": [*ASKED, *BEHIND],
    "believing": [*ASKED, *BELIEVING],
    "chained": [*ASKED, *CHAINED],
    "append": [*ASKED, *BELIEVING, *APPENDED],
    "append-at-the-edge": [*ASKED, *CLAIMED],
    "append-to-pinned": PINNED,
    "pinned": PINNED,
    "pinned-below": PINNED_BELOW,
}


def rows(*modes: str) -> list:
    """Return the table of each mode in one, with the mode in front of each row."""
    return [
        pytest.param(mode, *row.values, id=f"{mode}, {row.id}")
        for mode in modes
        for row in TABLE[mode]
    ]


def origin_of(status: int, body: bytes | str) -> str | int:
    """Return what an app was told, or the status where none was asked."""
    return json.loads(body)["url"].removesuffix("/api/x") if status == 200 else status
