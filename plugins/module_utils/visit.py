"""Ask a site as its visitors do, at any place between them and the app."""

from __future__ import annotations

import hmac
import http.client
import re
import secrets
import ssl
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from ansible_collections.subsite.deploy.plugins.module_utils import signed_answer
from ansible_collections.subsite.deploy.plugins.module_utils.deadline import (
    Deadline,
    LimitedSocket,
    connect,
)
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt

PORTS = {"http": 80, "https": 443}
LIFETIME = 50
"""Seconds that a signature lasts; an app takes 60 at most."""

SIGNATURES = 10
"""Signatures that an app looks at in one request."""

SIGNING = "X-Subsite-Verify"
BODY = 65536
"""Bytes of an answer that are looked at."""

URL = re.compile("[!-~]{1,8000}")
"""A URL has only these characters (RFC 3986, 2), and this many at most (RFC 9110, 4.1)."""

SAMPLE = "203.0.113.66"
CLAIMED, CLAIMED_PREFIX = "forged.invalid", "/forged"
"""Whom a visitor who lies claims to be, and to have asked."""
LINK = re.compile(rb"""(?:href|src|action)\s*=\s*["'](https?://[^"'<> ]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Site:
    """The URL that is to be right, in its parts."""

    scheme: str
    host: str
    port: str
    prefix: str
    """The path without a slash at its end; empty at the root."""

    @classmethod
    def of(cls, url: str) -> Site:
        """Take ``url`` apart.

        :raises ValueError: when it is none that a browser could ask for.
        """
        parts = urlsplit(url) if is_url(url) else urlsplit("")
        if parts.scheme not in PORTS or not parts.hostname or not is_name(parts.hostname):
            raise ValueError(f"{url!r} is no URL as browsers send it, as https://example.org/api/")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = str(parts.port or PORTS[parts.scheme])
        return cls(parts.scheme, host, port, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """Host and port, as browsers send them."""
        return self.host if int(self.port) == PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The part of the URL before its path."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The URL, with a slash at its end."""
        return f"{self.origin}{self.prefix}/"

    @property
    def told(self) -> dict[str, str]:
        """What nginx tells an app of it."""
        return {
            "X-Forwarded-Host": self.authority,
            "X-Forwarded-Port": self.port,
            "X-Forwarded-Proto": self.scheme,
            "X-Forwarded-Prefix": self.prefix,
            "X-Forwarded-For": SAMPLE,
        }


@dataclass
class Answer:
    """What came back, or why nothing did."""

    asked: str = ""
    status: int = 0
    error: str = ""
    """Why there is no answer."""
    malformed: str = ""
    """What in the answer breaks the rules of HTTP, or of what the wrapper around the app says."""
    location: str = ""
    server: str = ""
    cookies: list[dict[str, Any]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Absolute URLs in the page."""
    text: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    """What the wrapper around the app says, if it was asked and was there."""
    own_address: str = ""


class Response(http.client.HTTPResponse):
    """An answer with its final status."""

    def begin(self) -> None:
        """Read the head, after those of interim answers (RFC 9110, 15.2)."""
        super().begin()
        while 102 <= self.status < 200:
            self.headers = None  # type: ignore[assignment]  # as it is before begin()
            super().begin()


class Connection(http.client.HTTPConnection):
    """A connection to any place, whatever host it is asked for."""

    response_class = Response

    def __init__(self, place: Place, deadline: Deadline) -> None:
        """Connect to nothing yet."""
        super().__init__("unused")
        self.place, self.deadline = place, deadline
        self.own_address = ""

    def connect(self) -> None:
        """Connect to the place, and speak TLS there if it does."""
        connected = connect(self.place.connect, self.deadline)
        name = connected.getsockname()
        self.own_address = name[0] if isinstance(name, tuple) else ""
        if self.place.context:
            connected.settimeout(self.deadline.left())
            connected = self.place.context.wrap_socket(connected, server_hostname=self.place.name)
        self.sock = LimitedSocket(connected, self.deadline)


@dataclass(frozen=True)
class Place:
    """Where to connect to, and what to say there."""

    connect: str
    """A socket's path, or ``host:port``."""
    name: str
    """Whom the certificate has to be for."""
    context: ssl.SSLContext | None
    host: str
    headers: dict[str, str] = field(default_factory=dict)
    """What is said in every request."""
    timeout: float = 10
    """Seconds for one answer, from connecting to its last byte."""
    proof: str = ""
    whole: Deadline = field(default_factory=lambda: Deadline(float("inf")))
    """When no more requests are sent."""

    def ask(
        self,
        target: str,
        claims: dict[str, str] | None = None,
        *,
        signed: bool = False,
        body: int = 0,
    ) -> Answer:
        """Ask for ``target`` once, and follow no redirect.

        :param claims: more headers.
        :param signed: whether the wrapper around the app is asked, and not the app.
        :param body: bytes to post.
        """
        headers = {"Host": self.host, "User-Agent": "subsite-verify", "Connection": "close"}
        headers |= {**self.headers, **(claims or {})}
        if signed:
            headers[SIGNING] = self.proof
        answer = Answer(asked=target)
        try:
            deadline = Deadline(min(self.timeout, self.whole.left()))
        except TimeoutError:
            answer.error = f"TimeoutError: not asked, since {self.whole.seconds:g} s are over"
            return answer
        connection = Connection(self, deadline)
        try:
            connection.connect()
            self._converse(connection, answer, headers, body)
        except TimeoutError:
            answer.error = f"TimeoutError: no complete answer within {deadline.seconds:.3g} s"
        except OSError as error:
            answer.error = excerpt(f"{type(error).__name__}: {error}")
        except http.client.HTTPException as error:
            answer.malformed = excerpt(f"{type(error).__name__}: {error}")
        except ValueError as error:
            answer.malformed = excerpt(str(error))
        finally:
            answer.own_address = connection.own_address
            connection.close()
        return answer

    def _converse(
        self, connection: Connection, answer: Answer, headers: dict[str, str], body: int
    ) -> None:
        method = "POST" if body else "GET"
        connection.putrequest(method, answer.asked, skip_host=True, skip_accept_encoding=True)
        for name, value in (headers | ({"Content-Length": str(body)} if body else {})).items():
            connection.putheader(name, value)
        connection.endheaders()
        try:
            for sent in range(0, body, BODY):
                connection.send(b"\0" * min(BODY, body - sent))
        except OSError:
            pass  # whoever refuses a body may hang up; the answer is there all the same
        response = connection.getresponse()
        answer.status = response.status
        answer.location = location(response.headers.get("Location", ""))
        answer.server = excerpt(response.headers.get("Server", ""))
        answer.cookies = [cookie(line) for line in response.headers.get_all("Set-Cookie", [])]
        if response.status == 101:
            if "Upgrade" not in headers:
                raise ValueError("status 101, though no other protocol was asked for")
            return
        page = response.read(BODY)
        if response.length and len(page) < BODY:
            raise ValueError(f"the answer ends {response.length} bytes before its Content-Length")
        links = dict.fromkeys(link.decode("latin-1") for link in LINK.findall(page))
        answer.links = list(filter(is_url, links))
        answer.text = excerpt(page[:2000].decode(errors="replace"), 2000)
        if SIGNING in headers and response.headers.get_content_type() == "application/json":
            answer.seen = signed_answer.read(page)


def is_url(text: str) -> bool:
    """Return whether ``text`` is a URL, or a reference to one, that can be taken apart."""
    try:
        return bool(URL.fullmatch(text)) and urlsplit(text).port != 0
    except ValueError:
        return False


def is_name(host: str) -> bool:
    """Return whether ``host`` can be looked up: no label of it is empty or too long (RFC 1035)."""
    return ":" in host or all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))


def location(value: str) -> str:
    """Return the ``value`` of a ``Location``.

    :raises ValueError: when it is no URL: browsers may read it as different URLs.
    """
    if value and not is_url(value):
        text = value.encode("latin-1", "replace").decode(errors="replace")
        raise ValueError(f"Location is no URL (RFC 3986): {excerpt(text, 100)}")
    return value


def cookie(line: str) -> dict[str, Any]:
    """Return what a ``Set-Cookie`` says of a cookie, without its value."""
    pair, *attributes = [part.strip() for part in line.split(";")]
    said = {name.lower(): value for name, _, value in (part.partition("=") for part in attributes)}
    return {
        "name": excerpt(pair.partition("=")[0]),
        "path": excerpt(said.get("path", "")),
        "domain": excerpt(said.get("domain", "")),
        "secure": "secure" in said,
    }


def prove(keys: list[bytes]) -> str:
    """Return what shows for the next minute that the sender has one of the first ten ``keys``."""
    text = f"{int(time.time()) + LIFETIME}.{secrets.token_hex(8)}"
    digests = (hmac.digest(key, text.encode(), "sha256").hex() for key in keys[:SIGNATURES])
    return ", ".join(f"{text}.{digest}" for digest in digests)


def forged(scheme: str) -> dict[str, str]:
    """Return headers that a visitor may forge, each with a lie to an app that sees ``scheme``."""
    other = "http" if scheme == "https" else "https"
    return {
        "X-Forwarded-Proto": other,
        "X-Forwarded-Host": CLAIMED,
        "X-Forwarded-Port": "666",
        "X-Forwarded-Prefix": CLAIMED_PREFIX,
        "X-Forwarded-For": SAMPLE,
        "X-Forwarded-Ssl": {"http": "off", "https": "on"}[other],
        "Forwarded": f"for={SAMPLE};host={CLAIMED};proto={other}",
    }


class Layer:
    """One place on the way, asked all that can be told from there."""

    def __init__(self, name: str, place: Place, site: Site, strip: bool = False) -> None:
        """Ask nothing yet.

        :param strip: whether the prefix is off the path here.
        """
        self.name, self.place, self.site = name, place, site
        self.prefix = "" if strip else site.prefix

    def visit(self, *, claims: bool, websocket: bool, body: int) -> dict[str, Any]:
        """Ask, and return the answers by what was asked."""
        ask, prefix, proven = self.place.ask, self.prefix, bool(self.place.proof)
        found: dict[str, Any] = {"name": self.name, "connect": self.place.connect}
        if proven:
            found["signed"] = asdict(ask(f"{prefix}/", signed=True))
        # Whom nobody could connect to is not waited for twice.
        nowhere = proven and found["signed"]["error"] and not found["signed"]["own_address"]
        found["plain"] = found["signed"] if nowhere else asdict(ask(f"{prefix}/"))
        if found["plain"]["error"] or found["plain"]["malformed"]:
            return found
        found["journey"], found["end"] = self._follow(found["plain"])
        if prefix and self.name != "app":
            found["slash"] = asdict(ask(prefix))
            found["slash"]["behind"] = proven and bool(ask(prefix, signed=True).seen)
        if found["plain"]["status"] == 404 and self.site.prefix:
            found["twice"] = asdict(ask(f"{prefix}{self.site.prefix}/"))
            found["bare"] = asdict(ask("/"))
        if self._leaves(found["plain"]["location"]):
            found["left"] = asdict(ask(found["plain"]["location"]))
            found["kept"] = asdict(ask(self.site.prefix + found["plain"]["location"]))
        if claims:
            sees = found.get("signed", {}).get("seen", {}).get("sees", {})
            lies = forged(sees.get("scheme", self.site.scheme))
            found["claims"] = {
                header: asdict(ask(f"{prefix}/", {header: lie}, signed=proven))
                for header, lie in lies.items()
            }
            if prefix and not proven:
                found["claims_slash"] = {
                    header: asdict(ask(prefix, {header: lie})) for header, lie in lies.items()
                }
        if websocket and proven:
            wants = {"Upgrade": "websocket", "Connection": "Upgrade"}
            found["websocket"] = asdict(ask(f"{prefix}/", wants, signed=True))
        if body and proven:
            found["body"] = asdict(ask(f"{prefix}/", signed=True, body=body))
        return found

    def _leaves(self, location: str) -> bool:
        """Return whether a path leads out of the prefix."""
        return (
            location.startswith("/")
            and not location.startswith("//")
            and not f"{location}/".startswith(f"{self.site.prefix}/")
        )

    def _follow(
        self, answer: dict[str, Any], most: int = 5
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the redirects from ``answer`` on, and the last answer.

        They are followed as far as they lead back to this site's URLs.
        """
        steps: list[dict[str, Any]] = []
        url = urljoin(self.site.origin, answer["asked"])
        while answer["location"] and len(steps) < most:
            steps.append({"asked": url, "status": answer["status"], "location": answer["location"]})
            target = urljoin(url, answer["location"])
            if not target.startswith(f"{self.site.origin}/"):
                break
            url, path = target, target.removeprefix(self.site.origin)
            answer = asdict(self.place.ask(path.partition("#")[0]))
        return steps, answer
