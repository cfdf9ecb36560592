"""Whatever a site sends, the module ends in time, with a message and in printable text."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import hostile
import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.deadline import Deadline
from ansible_collections.subsite.deploy.plugins.module_utils.public_url import PublicUrl
from ansible_collections.subsite.deploy.plugins.module_utils.verify import references, run
from ansible_collections.subsite.deploy.plugins.module_utils.verify.http_client import (
    Endpoint,
    Response,
)
from ansible_collections.subsite.deploy.plugins.module_utils.verify.page_probe import PageProbe
from ansible_collections.subsite.deploy.plugins.module_utils.verify.probes import Probe
from ansible_collections.subsite.deploy.plugins.modules import public_url_info

SIGNATURE = "1.aa.bb"
TIMEOUT = 1
"""Seconds for one response; all responses get ten times as many."""
SLACK = 2
"""Seconds that a busy machine may need in addition. Endless responses take six."""
LARGEST = 120_000
"""Characters of a report with 100 cookies, the most that it can have."""


@pytest.fixture(scope="module")
def site() -> Iterator[hostile.Site]:
    with hostile.serving() as site:
        yield site


class Result:
    """The result of the module, and how long it took."""

    def __init__(self, said: dict, seconds: float) -> None:
        self.said, self.seconds = said, seconds
        self.report = said["report"]
        self.faults = [fault["name"] for fault in self.report["faults"]]


@pytest.fixture
def ask(run_module, site: hostile.Site) -> Callable[..., Result]:
    def ask(scheme: str = "http", **arguments) -> Result:
        """Run the module, and check what must hold whatever the site sends."""
        began = time.monotonic()
        url = f"{scheme}://{site.authority}/api/"
        said = run_module(public_url_info, url=url, timeout=TIMEOUT, **arguments)
        seconds = time.monotonic() - began
        assert seconds < 10 * TIMEOUT + SLACK
        assert isinstance(said.get("right"), bool), said
        assert [text for text in texts([said["report"], said["table"]]) if wild(text)] == []
        assert [text for text in texts(said["responses"]) if "\x1b" in text or "\x9b" in text] == []
        assert len(json.dumps(said["report"], ensure_ascii=False)) < LARGEST
        return Result(said, seconds)

    return ask


def texts(value: object) -> Iterator[str]:
    """Yield every text in ``value``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts([*value, *value.values()])
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def wild(text: str) -> bool:
    """Return whether ``text`` has characters that control a terminal or end a line."""
    return any(unicodedata.category(it) in ("Cc", "Cf", "Cs", "Zl", "Zp") for it in text)


@pytest.mark.parametrize("name", hostile.SLOW)
def test_endless_response_times_out_once(ask, site: hostile.Site, name: str):
    site.answer(hostile.SLOW[name])
    result = ask()
    assert result.seconds < TIMEOUT + SLACK
    assert result.faults == ["no-response"]
    came = result.report["faults"][0]["received"]
    assert came == f"TimeoutError: no complete response within {TIMEOUT} s"


def test_endless_response_by_tls_times_out_once(ask, site, certificate_of_shop):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_of_shop["certificate"])
    site.answer(hostile.SLOW["body drips"], context)
    result = ask("https", validate_certs=False)
    assert (result.faults, result.seconds < TIMEOUT + SLACK) == (["no-response"], True)


def test_endless_handshake_times_out_once(ask, site: hostile.Site):
    site.answer(hostile.for_ever(b"\x16\x03\x03\x40\x00", b"\x02", 0.2))
    result = ask("https")
    assert (result.faults, result.seconds < TIMEOUT + SLACK) == (["no-response"], True)


@pytest.mark.parametrize(
    ("last", "fault"),
    [
        pytest.param(b"", "response-missing", id="none"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "response-malformed", id="half"
        ),
    ],
)
def test_response_at_the_end_of_redirects_is_judged(
    ask, site: hostile.Site, last: bytes, fault: str
):
    redirect = hostile.answer(b"", "Location: /api/login", status="302 Found")
    site.answer(lambda head, number: iter([last if b" /api/login " in head else redirect]))
    assert fault in ask().faults


def test_silent_resolver_times_out_once(ask, monkeypatch: pytest.MonkeyPatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(hostile.LONGEST))
    result = ask()
    released.set()
    assert (result.faults, result.seconds < TIMEOUT + SLACK) == ([], True)
    assert result.report["unanswered"].startswith("TimeoutError")


def test_second_address_of_a_name_is_tried(ask, site: hostile.Site, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refusing = closed.getsockname()
    found = [(socket.AF_INET, 1, 6, "", it) for it in (refusing, site.server_address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    site.answer(hostile.at_once(hostile.OK))
    assert ask().faults == []


def test_unread_body_times_out(ask, site: hostile.Site):
    right = hostile.signed(hostile.diagnosis(site.authority))

    def behaviour(head: bytes, number: int) -> Iterator[hostile.Piece]:
        while head.startswith(b"POST"):
            yield 0.2
        yield right if b"X-Subsite-Verify" in head else hostile.OK

    site.answer(behaviour)
    result = ask(signature=SIGNATURE, body=50_000_000)
    assert (result.faults, result.seconds < TIMEOUT + SLACK) == (["response-missing"], True)
    assert result.report["faults"][0]["received"].startswith("body: TimeoutError: ")


def test_missing_response_is_not_a_success(ask, site: hostile.Site):
    missing = hostile.answer(status="404 Not Found")
    site.answer(lambda head, number: iter([] if b"/api/api/" in head else [missing]))
    result = ask()
    assert result.faults == ["response-missing"]
    assert result.report["faults"][0]["received"].startswith("doubled_prefix: RemoteDisconnected: ")


@pytest.mark.parametrize("signed", [False, True])
def test_all_responses_together_time_out(ask, site, monkeypatch, signed: bool):
    monkeypatch.setattr(run, "TOTAL_TIMEOUTS", 2)
    right = hostile.signed(hostile.diagnosis(site.authority))

    def slow(head: bytes, number: int) -> Iterator[hostile.Piece]:
        yield 0.4
        yield right if b"X-Subsite-Verify" in head else hostile.OK

    site.answer(slow)
    result = ask(signature=SIGNATURE if signed else "")
    assert result.seconds < 2 * TIMEOUT + SLACK
    assert result.faults == ["response-missing"]
    assert "TimeoutError: " in result.report["faults"][0]["received"]
    assert None in result.report["forged"].values()


PARTS = [
    *(f"<link rel=stylesheet href='/api/{number}.css'>" for number in range(50)),
    *(f"<script src='/api/{number}.js'></script>" for number in range(50)),
    *(f"<a href='/{number}'>a</a>" for number in range(200)),
]


@pytest.mark.parametrize("name", ["body drips", "nothing comes", "head drips"])
def test_parts_of_a_page_time_out_together(ask, site: hostile.Site, name: str):
    page = hostile.answer("".join(PARTS).encode(), "Content-Type: text/html")

    def behaviour(head: bytes, number: int) -> Iterator[hostile.Piece]:
        if b"GET /api/ HTTP" in head or b"GET /api HTTP" in head:
            yield page
        else:
            yield from hostile.SLOW[name](head, number)

    site.answer(behaviour)
    assert ask().faults in ([], ["response-missing"])


@pytest.mark.parametrize("length", [7_000, 200_000])
def test_long_base_of_a_page_takes_no_time(ask, site: hostile.Site, length: int):
    """Each of the links would be resolved against it."""
    links = "".join(f"<a href='../{number}'>a</a>" for number in range(500))
    page = f"<base href='/api/{'a/' * (length // 2)}'>{links}"
    site.answer(hostile.at_once(hostile.answer(page.encode(), "Content-Type: text/html")))
    assert ask().faults == []


def test_nothing_is_judged_when_the_time_is_over(site: hostile.Site, monkeypatch):
    url = PublicUrl.parse(f"http://{site.authority}/api/")
    endpoint = Endpoint(site.authority, "", None, url.authority, total=Deadline(0))
    text = references.Text((references.Reference("link", "/x"),))
    monkeypatch.setattr(PageProbe, "_judge", lambda *_arguments: pytest.fail("It is judged."))
    assert PageProbe(endpoint, url, set()).find([], [(url.text, Response(text=text))]) == []


def test_few_urls_of_a_page_are_requested(ask, site: hostile.Site):
    page = hostile.answer("".join(PARTS).encode(), "Content-Type: text/html")
    missing = hostile.answer(status="404 Not Found")
    site.answer(lambda head, number: iter([page if b"GET /api/ HTTP" in head else missing]))
    ask()
    assert site.requests < 60


@pytest.mark.parametrize("chain", ["/api/a{0}", "/a{0}", "http://{1}/api/{0}"])
def test_endless_redirects_end(ask, site: hostile.Site, chain: str):
    def behaviour(head: bytes, number: int) -> Iterator[bytes]:
        location = chain.format(number, site.authority)
        yield hostile.answer(b"", f"Location: {location}", status="302 Found")

    site.answer(behaviour)
    ask()
    assert site.requests < 60


def test_bomb_is_not_expanded(ask, site: hostile.Site):
    headers = ("Content-Type: text/html", "Content-Encoding: gzip")
    site.answer(hostile.at_once(hostile.answer(hostile.BOMB, *headers)))
    assert ask().faults == []


def test_time_of_a_call_is_shared_by_layers(site: hostile.Site):
    site.answer(hostile.at_once(hostile.OK))
    url = PublicUrl.parse(f"http://{site.authority}/api/")
    endpoint = Endpoint(site.authority, "127.0.0.1", None, url.authority, total=Deadline(0))
    responses = Probe("public", endpoint, url).send(outermost=True, websocket=True, body=1)
    assert (
        responses["plain"]["error"]
        == "TimeoutError: not requested, since the 0 s of this call are over"
    )
    assert site.requests == 0


@pytest.mark.parametrize("name", hostile.MALFORMED)
def test_malformed_response_is_named(ask, site: hostile.Site, name: str):
    site.answer(hostile.at_once(hostile.MALFORMED[name]))
    result = ask()
    assert result.faults == ["response-malformed"]
    assert "response-malformed" in "\n".join(result.said["table"])


@pytest.mark.parametrize("name", hostile.HARMLESS)
def test_unusual_response_is_not_malformed(ask, site: hostile.Site, name: str):
    site.answer(hostile.at_once(hostile.HARMLESS[name]))
    assert "response-malformed" not in ask().faults


def test_interim_response_is_skipped(ask, site: hostile.Site):
    site.answer(hostile.at_once(hostile.HARMLESS["Early Hints"]))
    result = ask()
    assert (result.faults, result.said["responses"][0]["plain"]["status"]) == ([], 200)


def test_malformed_later_response_is_named(ask, site: hostile.Site):
    wrong = hostile.MALFORMED["Location beyond ASCII"]

    def behaviour(head: bytes, number: int) -> Iterator[bytes]:
        yield wrong if b"GET /api HTTP" in head else hostile.OK

    site.answer(behaviour)
    result = ask()
    assert result.faults == ["response-malformed"]
    assert "Location is no URL (RFC 3986): /café" in result.report["faults"][0]["received"]


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_reset_connection_is_no_response(ask, data: bytes):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(data)
            lingering = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
            connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        connect = f"127.0.0.1:{listener.getsockname()[1]}"
        result = ask(endpoints=[{"name": "public", "connect": connect}])
        thread.join()
    assert result.faults == ["no-response"]
    assert "ConnectionResetError" in result.report["faults"][0]["received"]


def test_garbage_in_the_place_of_tls_is_no_answer(ask, site: hostile.Site):
    site.answer(hostile.at_once(b"\x15\x03\x03\x00\x02\x02\x28" + b"\xff" * 500))
    assert ask("https").faults == ["no-response"]


class TestWrapperAnswer:
    """An app has the key of its wrapper: it can answer anything."""

    @pytest.fixture
    def answer(self, ask, site: hostile.Site) -> Callable[..., Result]:
        def answer(page: bytes) -> Result:
            """Run the module on an app that answers signed requests with ``page``."""

            def behaviour(head: bytes, number: int) -> Iterator[bytes]:
                yield page if b"X-Subsite-Verify" in head else hostile.OK

            site.answer(behaviour)
            return ask(signature=SIGNATURE, websocket=True, body=100_000)

        return answer

    def test_right_answer(self, answer, site: hostile.Site):
        assert answer(hostile.signed(hostile.diagnosis(site.authority))).faults == [
            "websocket-lost"
        ]

    @pytest.mark.parametrize("place", [*hostile.places(hostile.diagnosis("a:1"))], ids="-".join)
    def test_wrong_type_is_malformed(self, answer, site: hostile.Site, place: tuple[str, ...]):
        right = hostile.diagnosis(site.authority)
        faults = answer(hostile.signed(hostile.spoilt(right, place, 4.5))).faults
        named = "response-malformed" not in faults
        assert named is (place[-1] == "cookie_secure")

    @pytest.mark.parametrize("url", ["http://[x/", "http://a:b/", "", "\x1b"])
    def test_invalid_url_is_wrong(self, answer, site: hostile.Site, url: str):
        said = hostile.spoilt(hostile.diagnosis(site.authority), ("builds", "url"), url)
        assert answer(hostile.signed(said)).faults == ["server-name"]

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"[" * 60_000, id="deep list"),
            pytest.param(b'{"received":' * 7000, id="deep object"),
            pytest.param(b'{"a":' * 900 + b"1" + b"}" * 900, id="object that is not too deep"),
            pytest.param(b"1" * 60_000, id="long number"),
            pytest.param(b'{"received": ', id="half an object"),
            pytest.param(b'"\xff\xfe"', id="no text"),
            pytest.param(b'["received", "sees", "mounted"]', id="list"),
            pytest.param(b"NaN", id="no number"),
            pytest.param(b'{"received": NaN, "sees": Infinity, "mounted": 1e999}', id="no numbers"),
            pytest.param(b"\x1f\x8b\x08" + b"\xff" * 100, id="gzip"),
            pytest.param(b'{"sees": {}}' + b" " * 100_000, id="too long"),
        ],
    )
    def test_other_json_is_ignored(self, answer, body: bytes):
        answer(hostile.answer(body, "Content-Type: application/json", "Content-Encoding: gzip"))

    @pytest.mark.parametrize("deep", [50, 300, 450, 480, 500, 2000])
    def test_deep_json_ends_with_a_message(self, answer, site: hostile.Site, deep: int):
        text = json.dumps({**hostile.diagnosis(site.authority), "app_proxy_fix": "nested"})
        nested = '{"a":[' * deep + "1" + "]}" * deep
        text = text.replace('"nested"', nested)
        answer(hostile.answer(text.encode(), "Content-Type: application/json"))

    def test_control_characters_are_escaped(self, answer, site: hostile.Site):
        evil = "\x1b]0;x\x07\n✓ right\u202e\x9b2J{{ lookup('pipe', 'id') }}"
        said = hostile.diagnosis(site.authority)
        for place in list(hostile.places(said)):
            if place[0] in ("received", "sees", "builds") and place[-1] not in ("headers", *said):
                said = hostile.spoilt(said, place, evil)
        said["received"]["headers"]["\x1b[31m"] = "x"
        result = answer(hostile.signed(said))
        assert result.faults != []
        assert r"\x1b]0;x\x07\n✓ right\u202e" in "".join(texts(result.report))

    def test_long_texts_are_cut(self, answer, site: hostile.Site):
        said = hostile.spoilt(hostile.diagnosis(site.authority), ("sees", "host"), "x" * 60_000)
        result = answer(hostile.signed(said))
        assert max(map(len, texts(result.report))) <= 400
        assert max(map(len, result.said["table"])) <= 1000


TRUST = [
    {},
    {"trusted_proxies": []},
    {"trusted_proxies": ["127.0.0.0/8"], "trusted_headers": ["proto", "for"]},
]
ENDPOINTS = ["public", "nginx", "app"]


BATCH = 50
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "nav", "section"),
    *("h1", "h2", "h3", "p", "span", "a", "ul", "ol", "li", "dl", "div", "dt", "dd", "time"),
    *("article", "code", "table", "caption", "tr", "th", "td"),
}
"""The elements of a report."""


class Tags(HTMLParser):
    """Collects the names of elements, and of attributes of events."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs if name.startswith("on"))}


@pytest.mark.parametrize("first", range(0, 2000, BATCH))
def test_random_sites_end_with_a_message(ask, page, site: hostile.Site, first: int):
    reports = []
    for seed in range(first, first + BATCH):
        site.answer(hostile.fuzzed(seed, site.authority))
        names = ENDPOINTS[: seed // 2 % 3 + 1]
        result = ask(
            endpoints=[{"name": name, "connect": site.authority} for name in names],
            signature=SIGNATURE if seed % 2 else "",
            paths=["/admin/", "/a?b=c"][: seed // 6 % 3],
            websocket=True,
            body=10,
            **TRUST[seed % 3],
        )
        reports.append(result.report)
    text = page(*reports)
    tags = Tags()
    tags.feed(text)
    assert tags.found <= TAGS
    assert not wild(text.replace("\n", ""))


@pytest.fixture
def evil(site: hostile.Site) -> str:
    """Return the URL of a site that sends escape sequences and template expressions."""
    words = "{{ 271 * 271 }}\x1b]0\x07\x1b[31m\x9b2J<b>\u202e".encode().decode("latin-1")
    cookie = f"Set-Cookie: {words}=1; Path=/{words}"
    link = "Location: http://localhost/{{271*271}}<b>"
    site.answer(hostile.at_once(hostile.answer(b"", cookie, link, status="302 Found")))
    return f"http://{site.authority}/api/"


def test_terminal_and_page_escape_texts_of_the_site(run, evil: str, tmp_path):
    done = run(
        "ansible-playbook",
        "playbooks/verify.yml",
        *("-v", "-e", f"url={evil}", "-e", f"verify_report={tmp_path}/page.html"),
    )
    page = (tmp_path / "page.html").read_text()
    assert (done.returncode, "Traceback" in done.stdout + done.stderr) == (2, False)
    for text in (done.stdout, done.stderr, page):
        assert not wild(text.replace("\n", ""))
        assert "73441" not in text
    for text in (done.stdout, page):
        assert r"\x1b]0\x07\x1b[31m" in text.replace("\\\\", "\\")
    assert "<b>" not in page and "&lt;b&gt;" in page
