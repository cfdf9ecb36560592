"""Requests that mean harm: gunicorn reads in them what nginx does, neither more nor less."""

import random
import re
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

INNER = b"GET /api/smuggled HTTP/1.1\r\nHost: example.org\r\n\r\n"
"""What an app would answer if it read it as a request of its own."""
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"
INTERNAL = re.compile(rb"[.]sock|gunicorn|main[.]\d|Traceback|/tmp|127[.]0[.]0[.]1|werkzeug|python")
"""Internal names that only the echo app may show to a client."""
GUNICORN_PAGES = (b"<h1><p>Bad Request</p></h1>", b"Invalid HTTP Header")
"""A page of gunicorn's, and the one that is no secret: it quotes the name of a client's header."""
LOGS = ("api.log", "as-sent.log")


def length(count: int) -> bytes:
    return b"Content-Length: %d\r\n" % count


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def exchange(server, request: bytes) -> bytes:
    """Send a request, say that it was all, and return what comes back until nginx is done."""
    received = b""
    try:
        with server.connect() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
    except ConnectionError:
        pass  # nginx hung up before it had read everything
    return received


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1[.][01] (\d{3}) ", answers)]


@pytest.fixture
def request_counts(server, logged):
    def request_counts() -> Counter:
        """Return how often each request reached the app, after a new request is in its log."""
        marker = server.get("/api/marker").request_id
        logged(server.logs / "api.log", marker)
        return Counter(re.findall(r'"(\S+ \S+) HTTP', (server.logs / "api.log").read_text()))

    return request_counts


POST = b"POST /api/first HTTP/1.1\r\nHost: example.org\r\n"
OLD = b"POST /api/first HTTP/1.0\r\nHost: example.org\r\n"
SMUGGLING = [
    pytest.param(POST + length(5) + CHUNKED + b"\r\n" + END + INNER, [400], id="CL.TE"),
    pytest.param(
        POST + CHUNKED + length(4) + b"\r\n" + chunk(INNER) + END, [400], id="TE.CL, length first"
    ),
    pytest.param(POST + length(0) + CHUNKED + b"\r\n" + chunk(INNER) + END, [400], id="CL.0"),
    *[
        pytest.param(POST + field + length(5) + b"\r\n" + END + INNER, [status], id=str(field))
        for field, status in {
            b"Transfer-Encoding: xchunked\r\n": 501,
            b"Transfer-Encoding: chunked, chunked\r\n": 501,
            b"Transfer-Encoding: gzip, chunked\r\n": 501,
            b"Transfer-Encoding: identity\r\n": 501,
            b"Transfer-Encoding: \x0bchunked\r\n": 501,
            b'Transfer-Encoding: "chunked"\r\n': 501,
            b"Transfer-Encoding: chunked;x\r\n": 501,
            b"Transfer-Encoding:\r\n": 501,
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n": 400,
            b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n": 400,
            b"Transfer-Encoding:\tchunked\r\n": 501,
            b"transfer-encoding: CHUNKED\r\n": 400,
            b"Transfer-Encoding : chunked\r\n": 400,
            b"Transfer-Encoding\r\n : chunked\r\n": 400,
            b"X: y\r\n Transfer-Encoding: chunked\r\n": 400,
        }.items()
    ],
    pytest.param(OLD + CHUNKED + b"\r\n" + chunk(INNER) + END, [400], id="TE in HTTP/1.0"),
    *[
        pytest.param(POST + fields + b"\r\n" + b"12345" + INNER, [400], id=str(fields))
        for fields in (
            length(5) + length(0),
            length(5) + length(5),
            b"Content-Length: 5, 5\r\n",
            b"Content-Length: +5\r\n",
            b"Content-Length: -5\r\n",
            b"Content-Length: 0x5\r\n",
            b"Content-Length: 5 0\r\n",
            b"Content-Length:\r\n",
            b"Content-Length : 5\r\n",
            b"Content-Length: 5\r\n 0\r\n",
            b"Content-Length: \xd9\xa5\r\n",
            b"Content-Length: 99999999999999999999\r\n",
        )
    ],
    *[
        pytest.param(POST + CHUNKED + b"\r\n" + body + INNER, [400], id=str(body))
        for body in (
            b"+3\r\nabc\r\n" + END,
            b"-3\r\nabc\r\n" + END,
            b"0x3\r\nabc\r\n" + END,
            b"3\r\nabcd\r\n" + END,
            b"ffffffffffffffff\r\nabc\r\n" + END,
            b"10000000000000003\r\nabc\r\n" + END,
            b"g\r\nabc\r\n" + END,
            b"\r\nabc\r\n" + END,
        )
    ],
]
HONEST = [
    pytest.param(POST + length(5) + b"\r\n12345" + INNER, [200, 200], id="two requests"),
    pytest.param(POST + length(len(INNER)) + b"\r\n" + INNER, [200], id="body like a request"),
    pytest.param(POST + CHUNKED + b"\r\n" + chunk(INNER) + END, [200], id="chunk like a request"),
    pytest.param(
        POST + CHUNKED + b"\r\n3;x=y\r\nabc\r\n" + END + INNER, [200, 200], id="chunk extension"
    ),
    pytest.param(
        POST + CHUNKED + b"\r\n" + b"0\r\nHost: x\r\nContent-Length: 9\r\n\r\n" + INNER,
        [200, 200],
        id="trailers",
    ),
    pytest.param(
        (POST + length(5) + b"\r\n").replace(b"\r", b"") + b"12345" + INNER,
        [200, 200],
        id="bare line feeds",
    ),
    *[
        pytest.param(POST + field + length(5) + b"\r\n12345" + INNER, [200, 200], id=str(field))
        for field in (
            b"Transfer_Encoding: chunked\r\n",
            b"X-Transfer-Encoding: chunked\r\n",
            b"Content_Length: 0\r\n",
            b"Connection: Content-Length\r\n",
            b"Content-Type: a\r\nContent-Type: b\r\n",
        )
    ],
]


@pytest.mark.parametrize(("request_bytes", "answered"), [*SMUGGLING, *HONEST])
def test_app_receives_each_answered_request(server, request_counts, request_bytes, answered):
    before = request_counts()
    got = statuses(exchange(server, request_bytes))
    received = request_counts() - before - Counter(["GET /api/marker"])
    assert got == answered
    assert received.total() == got.count(200)


METHODS = [b"GET", b"HEAD", b"PUT", b"TRACE", b"CONNECT", b"get", b"X", b"A" * 30, b"M-SEARCH", b""]
TARGETS = [
    *[b"/api/x", b"/as-sent/x", b"*", b"", b"//", b"http://", b"example.org:80", b"/api/x#y"],
    *[b"http://example.org/api/x", b"/api/\xe4", b"/as-sent/\xe4", b"/api/x?\xe4", b"/api/%ff"],
    b"/api/" + b"a" * 5000,
]
VERSIONS = [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.2", b"http/1.1", b"HTTP/1.", b"", b"A"]
BODIES = [
    b"",
    b"abc",
    chunk(b"abc") + END,
    b"3;x=y\r\nabc\r\n" + END,
    b"3\nabc\n0\n\n",
    b"fff\r\nab",
]
FIELDS = [
    *[CHUNKED, b"Transfer-Encoding: \x0bchunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n"],
    *[
        length(5),
        b"Content-Length: -5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: 1e3\r\n",
    ],
    *[b"Host: evil.example\r\n", b"Host:\r\n", b"X_Y: z\r\n", b": z\r\n", b"\xe4: z\r\n"],
    *[b"Expect: 200-ok\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"TE: trailers\r\n"],
    *[b"Content-Type: a\r\nContent-Type: b\r\n", b"Range: bytes=0-18446744073709551615\r\n"],
    *[b"Connection: close, X-Forwarded-Proto\r\n", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n"],
]
PIECES = [
    *[b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\r\n ", b"\r\n\t", b"\0", b"\xff", b"\x7f"],
    *[b"%00", b"%0d%0a", b"%", b"%zz", b"/../", b"//", b"\\", b" ", b"\t", b":", b";", b",", b'"'],
    *[b"<script>", b"\xc3\xa4", b"-1", b"0x10", b"1" * 30, b"A" * 500, b"A" * 9000],
]


def malformed(chance: random.Random) -> bytes:
    """Return a request with two or three mistakes."""
    method = chance.choice(METHODS) if chance.random() < 0.3 else b"POST"
    target = chance.choice(TARGETS) if chance.random() < 0.5 else b"/api/x"
    version = chance.choice(VERSIONS) if chance.random() < 0.2 else b"HTTP/1.1"
    fields = [b"Host: example.org\r\n", b"User-Agent: me\r\n", b"Cookie: a=b\r\n"]
    fields += [chance.choice([length(3), CHUNKED]), *chance.choices(FIELDS, k=chance.randint(0, 2))]
    head = b"%b %b %b\r\n%b\r\n" % (method, target, version, b"".join(fields))
    text = head + chance.choice(BODIES)
    for _ in range(2):
        at = chance.randrange(len(text))
        text = chance.choice(
            [
                text[:at] + chance.choice(PIECES) + text[at:],
                text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :],
                text[:at] + text[at + chance.randint(1, 9) :],
            ]
        )
    return text


@pytest.fixture(scope="module")
def answers(server) -> dict[bytes, bytes]:
    """The answers to ten thousand requests that are malformed, the same each time."""
    chance = random.Random(2616)
    requests = [malformed(chance) for _ in range(10_000)]
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(requests, pool.map(partial(exchange, server), requests), strict=True))


class TestMalformed:
    def test_most_are_refused(self, answers):
        counted = Counter(status for answer in answers.values() for status in statuses(answer))
        assert counted[400] > counted.total() / 2

    def test_nothing_fails(self, answers):
        """501 and 505 are what nginx says of a coding and a version that it does not know."""
        expected = {*range(200, 500), 100, 501, 505}
        failed = {text: got for text, got in answers.items() if set(statuses(got)) - expected}
        assert failed == {}

    def test_no_internal_name_leaks(self, answers):
        telling = [
            answer
            for received in answers.values()
            for answer in re.split(rb"(?=HTTP/1[.][01] \d{3} )", received)
            if b'"environ": {' not in answer and INTERNAL.search(answer)
        ]
        assert telling == []

    def test_gunicorn_has_nothing_to_complain_of(self, answers):
        page, quoted = GUNICORN_PAGES
        pages = [answer for answer in answers.values() if page in answer and quoted not in answer]
        assert pages == []

    @pytest.mark.parametrize("log", LOGS)
    def test_no_worker_is_replaced(self, server, answers, log: str):
        said = (server.logs / log).read_text()
        assert (said.count("Booting worker"), said.count("Error handling")) == (1, 0)

    def test_nginx_goes_on(self, server, answers):
        assert b" exited " not in (server.logs / "error.log").read_bytes()

    @pytest.mark.parametrize("path", ["/api/x", "/as-sent/x"])
    def test_good_request_is_right_afterwards(self, server, answers, path: str):
        assert server.get(path).echo["url"] == f"http://example.org:8000{path}"
