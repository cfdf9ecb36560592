"""Forged requests of every form: an app receives the same as from an honest one, or nothing."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from urllib.parse import urljoin, urlsplit

import pytest
from origins import NAMES
from serving import Refused

VALUES = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-For": "203.0.113.66",
    "X-Real-IP": "203.0.113.66",
    "Forwarded": "for=203.0.113.66;host=evil.example;proto=https",
    "Script-Name": "/evil",
}
FORMS = {
    "small letters": lambda name, value: f"{name.lower()}: {value}",
    "underscores": lambda name, value: f"{name.replace('-', '_')}: {value}",
    "one underscore": lambda name, value: f"{name.replace('-', '_', 1)}: {value}",
    "space after the name": lambda name, value: f"{name} : {value}",
    "tab after the name": lambda name, value: f"{name}\t: {value}",
    "NUL after the name": lambda name, value: f"{name}\0: {value}",
    "VT after the name": lambda name, value: f"{name}\x0b: {value}",
    "CR before the name": lambda name, value: f"X: y\r{name}: {value}",
    "LF before the name": lambda name, value: f"X: y\n{name}: {value}",
    "dots": lambda name, value: f"{name.replace('-', '.')}: {value}",
    "folded": lambda name, value: f"{name}:\r\n {value}",
    "twice": lambda name, value: f"{name}: {value}\r\n{name}: {value}",
    "beyond ASCII": lambda name, value: f"{name}\xad: {value}",
    "CGI's prefix": lambda name, value: f"HTTP-{name}: {value}",
    "space before the name": lambda name, value: f" {name}: {value}",
}


def received(answer) -> dict:
    """Return what an app knows of the client's URL and address."""
    environ = answer.echo["environ"]
    names = r"HTTP_(HOST|FORWARDED|X_FORWARDED_\w+|X_REAL_IP|X_SCRIPT_NAME|SCRIPT_NAME)"
    names += r"|REMOTE_ADDR|SCRIPT_NAME|PATH_INFO|SERVER_NAME|SERVER_PORT|wsgi.url_scheme"
    environ = {name: value for name, value in environ.items() if re.fullmatch(names, name)}
    return {**environ, "url": answer.echo["url"]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", VALUES)
def test_header_does_not_reach_the_app(server, name: str, form: str):
    answer = server.get("/api/x", FORMS[form](name, VALUES[name]))
    assert answer.status == 400 or received(answer) == received(server.get("/api/x"))


HOSTS = [
    *["example.org\0", "example.org%00", "example.org\\@evil.example", "[::1]evil.example"],
    *["example.org:80:80", "0x7f.0.0.1", "2130706433", "127.1", "example.org..", ".example.org"],
    *["example.org:-80", "example.org:+80", "example.org: 80", "example.org:8\t0", "[::1%25lo]"],
    *[
        "example.org?evil.example",
        "example.org#@evil.example",
        "http://example.org",
        "//example.org",
    ],
    *["example.org;evil.example", "example.org evil.example", "*.example.net", "*", "~^.*$"],
]


@pytest.mark.parametrize("host", HOSTS, ids=repr)
def test_host_is_refused(server, host: str):
    assert server.get("/api/x", host=host).status in (400, 421)


REQUESTS = {
    "user in the target": ("GET http://evil.example@localhost/api/x HTTP/1.1", [], 400),
    "no host in the target": ("GET http:///api/x HTTP/1.1", [], 400),
    "port alone in the target": ("GET http://:80/api/x HTTP/1.1", [], 400),
    "another scheme in the target": ("GET ftp://evil.example/api/x HTTP/1.1", [], 421),
    "authority as the target": ("GET evil.example:80 HTTP/1.1", [], 400),
    "CONNECT": ("CONNECT evil.example:80 HTTP/1.1", [], 400),
    "asterisk": ("OPTIONS * HTTP/1.1", [], 400),
    "HTTP/2 by knowledge": ("PRI * HTTP/2.0", [], 400),
    "PROXY protocol": ("PROXY TCP4 203.0.113.66 192.0.2.1 56324 80", [], 400),
    "folded Host": ("GET /api/x HTTP/1.1", ["Host: example.org\r\n evil.example"], 400),
    "space after Host": ("GET /api/x HTTP/1.1", ["Host : evil.example"], 400),
    "two Hosts alike": ("GET /api/x HTTP/1.1", ["Host: example.org"], 400),
    "h2c": (
        "GET /api/x HTTP/1.1",
        ["Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"],
        200,
    ),
    **{
        f"{name} by hop": ("GET /api/x HTTP/1.1", [f"Connection: close, {name}"], 200)
        for name in ("Host", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "X-Request-ID")
    },
}


@pytest.mark.parametrize("what", REQUESTS)
def test_request_is_what_it_seems(server, what: str):
    line, headers, status = REQUESTS[what]
    answer = server.ask(line, "Host: example.org:8000", *headers)
    assert answer.status == status
    if status == 200:
        assert received(answer) == received(server.get("/api/x"))


@pytest.fixture(scope="module")
def redirecting(serve_each):
    """A site that sends clients to https."""
    with serve_each({"own": {}}) as served:
        yield served["http"]["own"]


AWAY = [
    *[
        "//evil.example",
        "//evil.example/",
        "///evil.example/..",
        "/\\evil.example",
        "/.//evil.example",
    ],
    *["/%2F%2Fevil.example", "/%5Cevil.example", "/@evil.example", "/api?//evil.example"],
    *["/api/..//evil.example/..//api", "/docs//evil.example", "/docs/%2e%2e//evil.example"],
    *[
        "//evil.example/%2e%2e/docs/guide",
        "//evil.example/../docs/guide",
        "/docs/guide?@evil.example",
    ],
    *["/old?//evil.example", "/gone?u=//evil.example", "/api%0d%0aLocation:%20http://evil.example"],
    *["/docs/guide%0d%0aX-Evil:%201", "//docs/guide", "http://example.org//evil.example/../api"],
]


@pytest.mark.parametrize("path", AWAY)
@pytest.mark.parametrize("to", ["server", "redirecting"])
def test_redirect_leads_to_no_other_host(request, to: str, path: str):
    answer = request.getfixturevalue(to).get(path, host="example.org")
    if location := answer.headers["Location"]:
        url = path if path.startswith("http") else f"http://example.org{path}"
        elsewhere = ["example.com"] if path.startswith("/gone") else []
        assert urlsplit(urljoin(url, location)).hostname in ["example.org", *elsewhere]
    assert answer.headers["X-Evil"] is None


METHOD, SCHEME, PATH = (":method", "GET"), (":scheme", "https"), (":path", "/api/x")
AUTHORITY = (":authority", "example.org")
FIELDS = [METHOD, SCHEME, AUTHORITY, PATH]
EVIL = (":authority", "evil.example")
AUTHORITIES = {
    "empty authority": "",
    "user in the authority": "evil.example@example.org",
    "list as the authority": "example.org,evil.example",
    "CR LF in the authority": "example.org\r\nx: y",
    "NUL in the authority": "example.org\0",
    "space in the authority": "example.org evil.example",
    "another site's authority": "second.example",
}
PATHS = {
    "path that is a URL": "https://evil.example/api/x",
    "path with a blank": "/api/x http://evil.example/",
    "path of another version": "/api/x HTTP/1.1\r\nx: y",
    "path of an authority": "evil.example:443",
    "empty path": "",
    "NUL in the path": "/api/x\0",
}
FRAMES = {
    **{what: [METHOD, SCHEME, (":authority", AUTHORITIES[what]), PATH] for what in AUTHORITIES},
    **{what: [METHOD, SCHEME, AUTHORITY, (":path", PATHS[what])] for what in PATHS},
    "host beside the authority": [*FIELDS, ("host", "evil.example")],
    "host before the rest": [("host", "evil.example"), *FIELDS],
    "host alone": [METHOD, SCHEME, PATH, ("host", "evil.example")],
    "two hosts": [METHOD, SCHEME, PATH, ("host", "example.org"), ("host", "evil.example")],
    "no authority": [METHOD, SCHEME, PATH],
    "two authorities": [*FIELDS, EVIL],
    "two methods": [*FIELDS, (":method", "POST")],
    "two schemes": [*FIELDS, (":scheme", "http")],
    "two paths": [*FIELDS, (":path", "/evil")],
    "authority after a header": [METHOD, SCHEME, PATH, ("x", "y"), EVIL],
    "status in a request": [*FIELDS, (":status", "200")],
    "unknown pseudo header": [*FIELDS, (":evil", "x")],
    "another scheme": [METHOD, (":scheme", "http"), AUTHORITY, PATH],
    "scheme that is a URL": [METHOD, (":scheme", "https://evil.example/?"), AUTHORITY, PATH],
    "CR LF in the scheme": [METHOD, (":scheme", "https\r\nx: y"), AUTHORITY, PATH],
    "method with a blank": [(":method", "GET http://evil.example/"), SCHEME, AUTHORITY, PATH],
    "CR LF in the method": [(":method", "GET\r\nx: y"), SCHEME, AUTHORITY, PATH],
    "CONNECT": [(":method", "CONNECT"), AUTHORITY],
    "extended CONNECT": [(":method", "CONNECT"), (":protocol", "websocket"), *FIELDS[1:]],
    "capitals": [*FIELDS, ("X-Forwarded-Host", "evil.example")],
    "blank in a name": [*FIELDS, ("x-forwarded-host ", "evil.example")],
    "colon in a name": [*FIELDS, ("x-forwarded-host:x", "evil.example")],
    "CR LF in a name": [*FIELDS, ("x: y\r\nx-forwarded-host", "evil.example")],
    "CR LF in a value": [*FIELDS, ("x", "y\r\nX-Forwarded-Host: evil.example")],
    "LF in a value": [*FIELDS, ("x", "y\nX-Forwarded-Host: evil.example")],
    "NUL in a value": [*FIELDS, ("x-forwarded-host", "evil.example\0")],
    "empty name": [*FIELDS, ("", "evil.example")],
    "transfer encoding": [*FIELDS, ("transfer-encoding", "chunked")],
    "trailers": [*FIELDS, ("te", "trailers, x-forwarded-host")],
    "connection": [*FIELDS, ("connection", "x-forwarded-host")],
    **{name: [*FIELDS, (name.lower(), value)] for name, value in VALUES.items()},
}


@pytest.mark.parametrize("what", FRAMES)
def test_frames_are_no_way_around(tls, what: str):
    try:
        answer = tls["edge"].stream(FRAMES[what])
    except Refused:
        return
    if answer.status == 200:
        assert received(answer) == received(tls["edge"].stream(FIELDS))
    else:
        assert answer.status in (400, 405, 421)


PROXY = {
    "X-Forwarded-Proto": [
        "https://",
        "https;http",
        "javascript:",
        "//",
        "é",
        "https\t",
        "HTTPS,",
        ",,",
    ],
    "X-Forwarded-Host": [
        *[
            "//evil.example",
            "evil.example",
            "example.org/..",
            "example.org@evil.example",
            "é.example",
        ],
        *["example.org:99999", "example.org:", ":80", "[::1", "[::1]:0", "example.org, ", "-", "."],
        *["example.org evil.example", "example.org%2f", "*.example.net", "http://example.org", '"'],
    ],
    "X-Forwarded-Port": [
        "0",
        "65536",
        "-1",
        "80;",
        "80 81",
        "eighty",
        "0x50",
        "８０",
        "1e3",
        "80,",
    ],
    "X-Forwarded-Prefix": [
        *["//evil.example", "/a/../b", "/é", "/a//b", "/a?b", "/a#b", "/a b", "/%2e%2e", "\\evil"],
        *["/a/..", "/./a", "a", "/a\t/b", "https://evil.example", "/a,//evil.example", "/a;b"],
    ],
    "X-Forwarded-For": ["evil", "999.1.1.1", "1.2.3", "::g", "1.2.3.4:99999", "<b>", ",", "é"],
    "X-Real-IP": ["203.0.113.66", "evil"],
}


@pytest.mark.parametrize(
    ("header", "value"), [(header, value) for header in PROXY for value in PROXY[header]]
)
def test_proxy_that_passes_on_junk_makes_no_wrong_url(modes, header: str, value: str):
    sent = value.encode().decode("latin-1")
    answer = modes["all-trusted"].get("/api/x", f"{header}: {sent}", host="example.org")
    if answer.status == 200:
        url = urlsplit(answer.echo["url"])
        assert (url.scheme in ("http", "https"), url.hostname in NAMES) == (True, True)
        assert url.port is None or url.port in range(1, 65536)
        assert re.fullmatch(r"(/(?!\.{1,2}/)[A-Za-z0-9._~-]+)*/api/x", url.path)
        assert ipaddress.ip_address(answer.echo["environ"]["REMOTE_ADDR"])
    else:
        assert answer.status == 421


WEAK = [
    *["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256"],
    *["ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-CCM"],
]


@pytest.mark.parametrize(
    ("suite", "spoken"),
    [("ECDHE-ECDSA-AES128-GCM-SHA256", True), *((suite, False) for suite in WEAK)],
)
def test_weak_suite_is_refused(tls, suite: str, spoken: bool):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{suite}:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", tls["edge"].port), timeout=10) as connection:
        try:
            with context.wrap_socket(connection) as secured:
                assert (spoken, secured.compression()) == (True, None)
        except ssl.SSLError:
            assert not spoken
