"""Which forwarded headers are trusted, with different proxies in front of nginx."""

import re
import subprocess

import pytest
from origins import (
    BEHIND,
    CLAIMED,
    HOSTS,
    REQUEST,
    STRANGER,
    TABLE,
    TRUSTING,
    rows,
)


@pytest.mark.parametrize(("mode", "headers", "origin"), rows(*TABLE))
def test_origin(modes, mode: str, headers: list[str], origin: str | int):
    assert modes[mode].ask(REQUEST, *headers).origin == origin


@pytest.mark.parametrize(("mode", "headers", "origin"), rows(*TRUSTING))
def test_other_clients_are_not_trusted(modes, mode: str, headers: list[str], origin: str | int):
    trusting, edge = (modes[name].ask(REQUEST, *headers, peer=STRANGER) for name in (mode, "edge"))
    assert trusting.origin == edge.origin


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_proxy_may_connect_by_either_protocol(modes, peer: str):
    answer = modes["behind"].get("/api/x", "X-Forwarded-Proto: https", peer=peer)
    assert answer.echo["url"] == "https://example.org:8000/api/x"


def test_forwarded_address_is_no_trusted_proxy(modes):
    headers = ["X-Forwarded-Proto: https", "X-Forwarded-For: 127.0.0.1"]
    answer = modes["behind"].get("/api/x", *headers, peer="127.0.0.2")
    assert answer.echo["url"] == "http://example.org:8000/api/x"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
@pytest.mark.parametrize(
    ("host", "received"),
    [
        ("EXAMPLE.Org", "example.org"),
        ("Example.org:81", "example.org:81"),
        ("example.org.", "example.org"),
        ("EXAMPLE.org.:81", "example.org:81"),
        ("a.example.net.", "a.example.net"),
        ("a.b.example.net.:81", "a.b.example.net:81"),
        ("LOCALHOST", "localhost"),
        ("[::1]:81", "[::1]:81"),
    ],
)
def test_host_has_one_form(modes, header: str, host: str, received: str):
    headers = ["Host: 127.0.0.1"] * (header != "Host") + [f"{header}: {host}"]
    app_headers = modes["all-trusted"].ask(REQUEST, *headers).received
    names = ("HTTP_HOST", "HTTP_X_FORWARDED_HOST")
    assert [app_headers[name] for name in names] == [received, received]


def test_letters_below_a_wildcard_are_the_proxy_s(modes):
    headers = ["Host: 127.0.0.1", "X-Forwarded-Host: A.Example.NET."]
    assert modes["all-trusted"].ask(REQUEST, *headers).received["HTTP_HOST"] == "A.Example.NET"


@pytest.fixture(scope="module")
def joins_lines() -> bool:
    """Whether nginx makes a list of two lines of one header, as it does since 1.23."""
    version = subprocess.run(["nginx", "-v"], stderr=subprocess.PIPE, text=True).stderr
    return [int(part) for part in re.findall(r"\d+", version)[:2]] >= [1, 23]


@pytest.mark.parametrize(
    ("lines", "first", "last"),
    [
        pytest.param(
            ["X-Forwarded-Proto: http", "X-Forwarded-Proto: https"],
            "http://example.org:8000",
            "https://example.org:8000",
            id="scheme",
        ),
        pytest.param(
            ["X-Forwarded-Host: evil.example", "X-Forwarded-Host: localhost:81"],
            421,
            "http://localhost:81",
            id="host",
        ),
        pytest.param(
            ["X-Forwarded-Host: localhost:81", "X-Forwarded-Host: evil.example"],
            "http://localhost:81",
            421,
            id="host, the other way round",
        ),
    ],
)
def test_header_in_two_lines(modes, joins_lines: bool, lines: list[str], first, last):
    """Older versions see the first line alone, which is the client's if a proxy adds another."""
    answer = modes["all-trusted"].get("/api/x", *lines)
    assert answer.origin == (last if joins_lines else first)


class TestPreset:
    @pytest.mark.parametrize(
        ("settings", "headers"),
        [
            pytest.param({}, ["proto", "for"], id="none"),
            pytest.param(
                {"nginx_site_proxy_preset": "traefik"}, ["proto", "for"], id="keeps the host"
            ),
            pytest.param(
                {"nginx_site_proxy_preset": "apache"},
                ["proto", "for", "host"],
                id="replaces the host, and tells it",
            ),
            pytest.param(
                {"nginx_site_proxy_preset": "apache", "nginx_site_public_url": "https://a.b"},
                ["for"],
                id="with a pinned URL",
            ),
        ],
    )
    def test_chooses_the_headers(self, nginx_site, settings: dict, headers: list[str]):
        inputs = {"nginx_site_name": "main", **settings}
        assert nginx_site.value("__nginx_site_trusted_headers", inputs) == headers


WRONG = {
    # Its pattern for a port takes the first colon, and it listens on 80, whatever the scheme.
    "IPv6 with a port in Host",
    "TLS to IPv6 with a port",
    "TLS to IPv6 without a port",
    "default port of the scheme",
    "port of the proxy's listener",
    # It accepts and forwards any host.
    "user in Host",
    "underscore in Host",
    "port of letters",
    "port 0",
    "port too high",
    "list, server name first",
    "list, server name last",
    "unknown name",
    # It trusts every client, and knows only the scheme "https".
    "forged scheme",
    "scheme in capitals",
    "WebSocket with TLS",
    "last of a list counts",
    "invalid values before the last",
    # It passes headers on that gunicorn rejects beside its own header.
    "forged X-Forwarded-Ssl",
    "forged X-Forwarded-Protocol",
    "never trusted, X-Forwarded-Ssl: off",
    "never trusted, X-Forwarded-Protocol: http",
    "never trusted alone, X-Forwarded-Ssl: on",
}


def test_original_example_fails_exactly_these_rows(original):
    """Prove that the rows can fail, and that each failure has its reason."""
    wrong = {
        row.id
        for row in [*HOSTS, *CLAIMED, *BEHIND]
        if original.ask(REQUEST, *row.values[0]).origin != row.values[1]
    }
    assert wrong == WRONG
