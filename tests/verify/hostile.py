"""A site on the loopback address that sends malformed, slow or random responses."""

from __future__ import annotations

import contextlib
import copy
import gzip
import json
import random
import socket
import socketserver
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator

LONGEST = 6
"""Seconds after which an endless response ends, so that no test hangs."""

Piece = bytes | float
"""A part of a response, or the seconds until the next part."""
Behaviour = Callable[[bytes, int], Iterator[Piece]]
"""Takes the head of a request and its number, and yields the response."""


class Site(socketserver.ThreadingTCPServer):
    """Responds by its behaviour, and closes the connection."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.behaviour: Behaviour = lambda head, number: iter(())
        self.context: ssl.SSLContext | None = None
        self.requests = 0

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def answer(self, behaviour: Behaviour, context: ssl.SSLContext | None = None) -> None:
        """Respond with ``behaviour`` from now on."""
        self.behaviour, self.context, self.requests = behaviour, context, 0


class Request(socketserver.BaseRequestHandler):
    server: Site

    def handle(self) -> None:
        number, self.server.requests = self.server.requests, self.server.requests + 1
        deadline = time.monotonic() + LONGEST
        with contextlib.suppress(OSError), self.connection() as connection:
            connection.settimeout(LONGEST)
            for piece in self.server.behaviour(head(connection), number):
                if time.monotonic() > deadline:
                    break
                # A site that answers in drips is the attack: verify has to end in time. Without
                # the pauses (s), every answer would end.
                if isinstance(piece, float):
                    time.sleep(piece)
                else:
                    connection.sendall(piece)

    def connection(self) -> socket.socket:
        """Return the connection, with TLS if the site has a context."""
        context = self.server.context
        return context.wrap_socket(self.request, server_side=True) if context else self.request


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """Serve a site inside the with block."""
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


def head(connection: socket.socket) -> bytes:
    """Return the received bytes up to the end of a head or a ClientHello."""
    came = b""
    while b"\r\n\r\n" not in came and not came.startswith(b"\x16\x03"):
        part = connection.recv(65536)
        if not part:
            break
        came += part
    return came


def at_once(*pieces: bytes) -> Behaviour:
    """Return a behaviour that always sends ``pieces``."""
    return lambda head, number: iter(pieces)


def for_ever(first: bytes, *pieces: Piece) -> Behaviour:
    """Return a behaviour that sends ``first``, then ``pieces`` without an end."""

    def behaviour(head: bytes, number: int) -> Iterator[Piece]:
        yield first
        while True:
            yield from pieces

    return behaviour


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """Return a well-formed response."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1", "surrogateescape") + body


OK = answer(b"<a href='/api/'>shop</a>", "Content-Type: text/html")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
UTF8 = "/café".encode().decode("latin-1")

SLOW: dict[str, Behaviour] = {
    "nothing comes": for_ever(b"", 0.2),
    "status line drips": for_ever(b"HTTP/1.1 200 ", b"O", 0.2),
    "head drips": for_ever(HEAD + b"X: ", b"y", 0.2),
    "lines of the head drip": for_ever(HEAD, b"X: y\r\n", 0.2),
    "body drips": for_ever(HEAD + b"\r\n", b"x", 0.2),
    "chunks drip": for_ever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.2),
    "size of a chunk drips": for_ever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 0.2),
    "head has no end after a redirect": for_ever(b"HTTP/1.1 302 F\r\nLocation: /api/", b"x", 0.2),
    "status 100 for ever": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "status 103 for ever": for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
}
"""Responses without an end."""

MALFORMED: dict[str, bytes] = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/0.9": b"<html>shop</html>",
    "status that is no number": b"HTTP/1.1 two OK\r\n\r\n",
    "status of four figures": b"HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/3 by TCP": b"HTTP/3.0 200 OK\r\n\r\n",
    "NUL": b"\0" * 3000,
    "escapes for a status": b"HTTP/1.1 \x1b[2J\x07 \xe2\x80\xae\r\n\r\n",
    "line without end": b"HTTP/1.1 200 " + b"O" * 70_000,
    "header without end": HEAD + b"X: " + b"y" * 70_000,
    "headers without end": HEAD + b"X: y\r\n" * 200 + b"\r\n",
    "status 101 by itself": answer(status="101 Switching Protocols"),
    "Location beyond ASCII": answer(b"", f"Location: {UTF8}", status="302 Found"),
    "Location with half an address": answer(b"", "Location: http://[", status="302 Found"),
    "Location with no address": answer(b"", "Location: //[::1/", status="302 Found"),
    "Location with a bad port": answer(b"", "Location: http://a:b/", status="302 Found"),
    "Location with a huge port": answer(b"", "Location: http://a:99999/", status="302 Found"),
    "Location with an escape": answer(b"", "Location: /\x1b]0;x\x07", status="302 Found"),
    "Location with a tab": answer(b"", "Location: /a\tb", status="302 Found"),
    "Location over two lines": answer(b"", "Location: /a\r\n b", status="302 Found"),
    "Location with a blank": answer(b"", "Location: /a b", status="302 Found"),
    "huge Location": answer(b"", "Location: /" + "a" * 60_000, status="302 Found"),
    "body that ends early": HEAD + b"Content-Length: 5000\r\n\r\nshop",
    "chunk without a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nshop\r\n",
    "chunk that is too short": HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nshop",
    "chunk of a negative size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nshop\r\n",
}
"""Responses that break the rules of HTTP; verify must name this fault."""

HARMLESS: dict[str, bytes] = {
    "link with half an address": answer(b"<a href='http://[x/'>x</a>"),
    "link with a bad port": answer(b"<a href='http://127.0.0.1:port/'>x</a>"),
    "link beyond ASCII": answer("<a href='http://é.example/\x9b2J'>x</a>".encode()),
    "many links": answer(b"<a href='http://a.example/" + b"'<a href='http://b.c/" * 5000),
    "blanks that a pattern might try": answer(b"href" + b" " * 60_000 + b"href=" * 2000),
    "unknown charset": answer(b"\xff\xfe", "Content-Type: text/html; charset=\x1b[31m"),
    "bad content type": answer(b"{}", "Content-Type: ;;=application/json;\xff"),
    "gzip that is none": answer(b"\x1f\x8b\xff", "Content-Encoding: gzip"),
    "negative length": HEAD + b"Content-Length: -1\r\n\r\nshop",
    "length that is no number": HEAD + b"Content-Length: many\r\n\r\nshop",
    "bad cookies": answer(b"", "Set-Cookie: ;;;=;Path", "Set-Cookie: \x1b[31m=\x07; Path=\x9b"),
    "many cookies": answer(b"", *["Set-Cookie: " + "c" * 600 + "=; Path=/é" + "p" * 900] * 90),
    "Early Hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + OK,
    "answer with an escape": answer(b"\x1b[31m" * 100, "Server: \x1b]0;x\x07\x9b"),
    "huge body": HEAD + b"\r\n" + b"x" * 1_000_000,
    "chain of redirects": answer(b"", "Location: /api/x?a=1", status="302 Found"),
    "chain that leaves the prefix": answer(b"", "Location: /x?a={{7*7}}#b", status="301 Moved"),
    "redirect to nowhere": answer(b"", "Location: http://0.0.0.1:1/", status="302 Found"),
    "line feeds alone": b"HTTP/1.1 200 OK\nSet-Cookie: a=b\n\nshop",
    "carriage returns alone": b"HTTP/1.1 200 OK\r\nX: y\rSet-Cookie: a=b\r\r\r\n\r\nshop",
    "status 599": answer(status="599 \x1b[31m"),
    "status 999": answer(status="999 Request denied"),
    "status without a reason": b"HTTP/1.1 200\r\n\r\n",
}
"""Unusual responses that HTTP allows."""

PIECES = [
    *(
        f"Location: {it}"
        for it in (UTF8, "http://[", "//", "///x", "?", "\x1b", "http:", "/api/../")
    ),
    *("Location: " + "/a" * count for count in (5, 3000, 20_000)),
    *(f"Set-Cookie: {it}" for it in ("", "=", "a;Path=\x1b", "a=b; Path=" + "/" * 3000, "\x9b=")),
    *(f"Content-Type: {it}" for it in ("", "application/json", "a/b;c=\xe9", "text/html; charset")),
    *(f"Content-Length: {it}" for it in ("0", "5", "-5", "99999999999999999999", "x", "²")),
    *(f"Transfer-Encoding: {it}" for it in ("chunked", "gzip, chunked", "identity")),
    *(f"Connection: {it}" for it in ("keep-alive", "Upgrade", "\x00")),
    *("Upgrade: h2c", "Server: \x1b[2J", ": none", "no colon", "X" * 9000, "From x", " folded"),
]
STATUSES = [
    *("200 OK", "204 No", "301 Moved", "304 Not", "404 Not Found", "421 Mis", "500 Error"),
    *("502 Bad", "101 Switching", "102 Processing", "-1 x", "1e3 x", "\x1b[31m", ""),
]
BODIES = [
    b"",
    b"\x00\xff" * 500,
    b"<a href='http://[::1'>" * 50,
    b"<a href='http://127.0.0.1/\xc3\xa9'>",
    b"5\r\nshopp\r\n0\r\n\r\n",
    b"[" * 60_000,
    b'{"received": 1, "sees": 2, "mounted": 3}',
]
TARGETS = [
    *(
        "/",
        "/x",
        "/api/x",
        "/api/api/x",
        "//[",
        "http://[",
        "http://127.0.0.1:1/api/",
        "http://a:b/",
    ),
    *(
        "https:///",
        "//localhost/api/x",
        "javascript:x",
        "data:,x",
        "/\xe9",
        "/%",
        "/a b",
        "\\\\x\\y",
    ),
    *("/" + "a" * 5000, "?" * 900, "#", "/\x1b[2J\u202e", "{{ 7 * 7 }}", "<script>", "/x?<b>"),
    *(
        "../" * 300,
        "/a/../../b",
        "/x;y=1",
        "\u212a",
        "http://\u2100/",
        "/\ud7ff",
        "ftp://localhost/",
    ),
]
"""What hostile pages refer to."""

PATTERNS = [
    *("<a href='{0}'>", "<script src='{0}'></script>", "<link rel=stylesheet href='{0}'>"),
    *("<base href='{0}'>", "<meta http-equiv=refresh content='0;url={0}'>", "<form action='{0}'>"),
    *("<img srcset='{0} 1x,{0} 2x'>", "<style>@import '{0}'; a {{ b: url({0}) }}</style>"),
    *("<script type=module>import '{0}'</script>", "<link rel=manifest href='{0}'>", "<!--{0}"),
    *("<p style=\"url('{0}')\">", '<script type=importmap>{{"imports": {{"a": "{0}"}}}}'),
    *("@import '{0}';", "a {{ b: url('{0}') }}", "\nimport '{0}'", '{{"start_url": "{0}"}}', "</"),
]
"""How pages, style sheets, scripts and manifests refer to others."""

TYPES = [
    *("text/html", "text/html; charset=x", "text/css", "text/javascript", "application/json"),
    *("application/manifest+json", "image/png", "application/xhtml+xml", "text/html\x00"),
]
BOMB = gzip.compress(b"<a href='/api/x'>" * 2_000_000)
"""34 MB in 100 kB."""


def page(chance: random.Random) -> bytes:
    """Return a response whose body or headers refer to others, perhaps compressed."""
    words = [chance.choice(PATTERNS).format(chance.choice(TARGETS)) for _ in range(9)]
    body = "".join(words).encode(errors="surrogatepass")
    headers = [f"Content-Type: {chance.choice(TYPES)}"]
    if chance.random() < 0.2:
        target = chance.choice(TARGETS).encode(errors="replace").decode("latin-1")
        headers.append(chance.choice(["Refresh: 0;url={}", "Link: <{}>; rel=next"]).format(target))
    if chance.random() < 0.1:
        packed = [BOMB, BOMB[:5000], gzip.compress(body), b"\x1f\x8b\xff", zlib.compress(body)]
        body = chance.choice(packed)
        headers.append(f"Content-Encoding: {chance.choice(['gzip', 'deflate', 'br', 'GZIP'])}")
    return answer(body, *headers, status=chance.choice(["200 OK"] * 9 + ["404 No", "403 No"]))


MILD = [
    *(OK, OK, OK, answer(status="404 Not Found"), answer(status="502 Bad Gateway")),
    answer(b"<a href='http://localhost/a'>", "Set-Cookie: a=b; Path=/other"),
    answer(b"<a href='http://127.0.0.1:81/'>", "Set-Cookie: a=b; Secure"),
    *(
        answer(b"", f"Location: {it}", status="302 Found")
        for it in ("/", "/api/login", "http://localhost/api/", "https://127.0.0.1/api/", "//a")
    ),
]
JUNK = [
    *(
        ...,
        None,
        True,
        0,
        -1,
        1e308,
        10**400,
        "",
        "{{ 7 * 7 }}",
        "\x1b]0;x\x07",
        "\u202e",
        "\ud800",
    ),
    *("http://[", "//", "," * 3000, "x" * 30_000, "é", "²", "::1", "127.0.0.1\n✓ right"),
    *([], {}, [[]], [{}], [1], {"a": 1}, {"": {"": []}}, ["http", "https"]),
]
"""Values that a hostile app may answer; ``...`` leaves the value out."""

SLOW_SEED = 199
"""Every site with such a seed is slow now and then."""

LIES = {
    "scheme": ["https", "gopher"],
    "host": ["evil.example", "localhost:81"],
    "port": ["80", "8443"],
    "prefix": ["/", "", "/api/api", "/outer/api"],
    "path": ["/api/", "/api", "*"],
    "client": ["192.0.2.7", "127.0.0.2", "fe80::1%eth0"],
    "url": ["http://evil.example/api/", "http://[/", "https://127.0.0.1/api"],
    "cookie_path": ["/other", "/a" * 300],
    "cookie_secure": [True],
    "mode": ["app", "strip"],
    "forwarded_values": [0, 2, 10**30],
    "app_proxy_fix": [[dict.fromkeys(("x_for", "x_proto", "x_host", "x_port", "x_prefix"), 2)]],
    "X-Forwarded-Prefix": ["/other", "/outer/api"],
    "X-Forwarded-For": ["192.0.2.7", "127.0.0.2, 127.0.0.1"],
    "X-Forwarded-Proto": ["https", "http, http"],
}
"""Wrong values that look plausible."""


def diagnosis(authority: str) -> dict:
    """Return the answer of the wrapper around a right app."""
    host, port = authority.split(":")
    url = {"scheme": "http", "host": host, "port": port, "prefix": "/api"}
    headers = {"Host": authority, "Proto": "http", "Port": port, "Prefix": "/api", "For": host}
    return {
        "received": {
            **{"scheme": "http", "host": authority, "path": "/api/", "peer": ""},
            "headers": {f"X-Forwarded-{name}": value for name, value in headers.items()},
        },
        "sees": {**url, "path": "/", "client": "127.0.0.1"},
        "builds": {
            "url": f"http://{authority}/api/",
            "cookie_path": "/api",
            "cookie_secure": False,
        },
        "app_proxy_fix": [],
        "mounted": {"prefix": "/api", "mode": "script_name", "forwarded_values": 1},
    }


def signed(said: object) -> bytes:
    """Return ``said`` as a response of the wrapper."""
    return answer(json.dumps(said).encode(), "Content-Type: application/json")


def places(said: dict, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the keys that lead to each value of a diagnosis."""
    for key, value in said.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from places(value, (*above, key))


def spoilt(said: dict, place: tuple[str, ...], junk: object) -> dict:
    """Return a diagnosis with ``junk`` at ``place``; ``...`` removes the place."""
    said = copy.deepcopy(said)
    inner = said
    for key in place[:-1]:
        inner = inner[key]
    if junk is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = junk
    return said


def fuzzed(seed: int, authority: str) -> Behaviour:
    """Return a behaviour that is wrong at random.

    For every other pair of seeds all responses are well-formed, so that later checks run, too.
    """
    calm = seed % 4 < 2

    def behaviour(head: bytes, number: int) -> Iterator[Piece]:
        chance = random.Random(f"{seed} {number}")
        if seed % SLOW_SEED == 0 and chance.random() < 0.2:
            yield from chance.choice(list(SLOW.values()))(head, number)
        if seed % 3 == 0 and chance.random() < 0.7 and b"X-Subsite-Verify" not in head:
            yield page(chance)
            return
        if b"X-Subsite-Verify" in head:
            said = diagnosis(authority)
            wrong = [it for it in places(said) if it[-1] in LIES] if calm else list(places(said))
            for place in chance.sample(wrong, chance.choice([0, 1, 1, 2, 3])):
                with contextlib.suppress(KeyError, TypeError):
                    said = spoilt(said, place, chance.choice(LIES[place[-1]] if calm else JUNK))
            yield signed(said) if calm or chance.random() < 0.9 else junk(chance)
        else:
            yield chance.choice(MILD) if calm or chance.random() < 0.5 else junk(chance)

    return behaviour


def junk(chance: random.Random) -> bytes:
    """Return a response with random faults in its status, headers, body or bytes."""
    headers = chance.sample(PIECES, chance.randint(0, 3))
    lines = [f"HTTP/1.1 {chance.choice(STATUSES)}", *headers, "", ""]
    data = "\r\n".join(lines).encode("latin-1") + chance.choice(BODIES)
    if chance.random() < 0.3:
        data = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    if chance.random() < 0.2:
        data = data[: chance.randrange(len(data))]
    return bytes(data)
