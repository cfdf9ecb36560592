"""Ask a site as its visitors do, at any place between them and the app."""

from __future__ import annotations

import hmac
import http.client
import json
import re
import secrets
import socket
import ssl
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

PORTS = {"http": 80, "https": 443}
LIFETIME = 50
"""Seconds that a signature lasts; an app takes 60 at most."""

SIGNING = "X-Subsite-Verify"
BODY = 65536
"""Bytes of an answer that are looked at."""

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
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is no URL as browsers show it, as https://example.org/api/")
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
    location: str = ""
    server: str = ""
    cookies: list[dict[str, Any]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Absolute URLs in the page."""
    text: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    """What the wrapper around the app says, if it was asked and was there."""
    own_address: str = ""


class Connection(http.client.HTTPConnection):
    """A connection to any place, whatever host it is asked for."""

    def __init__(self, place: Place, timeout: float) -> None:
        """Connect to nothing yet."""
        super().__init__("unused", timeout=timeout)
        self.place = place

    def connect(self) -> None:
        """Connect to the place, and speak TLS there if it does."""
        if self.place.connect.startswith("/"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(self.place.connect)
            return
        host, _, port = self.place.connect.rpartition(":")
        self.sock = socket.create_connection((host.strip("[]"), int(port)), self.timeout)
        if self.place.context:
            self.sock = self.place.context.wrap_socket(self.sock, server_hostname=self.place.name)


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
    proof: str = ""

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
        connection = Connection(self, self.timeout)
        answer = Answer(asked=target)
        try:
            connection.connect()
            name = connection.sock.getsockname()
            answer.own_address = name[0] if isinstance(name, tuple) else ""
            self._converse(connection, answer, headers, body)
        except (OSError, http.client.HTTPException) as error:
            answer.error = f"{type(error).__name__}: {error}"
        finally:
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
            for _ in range(0, body, BODY):
                connection.send(b"\0" * min(BODY, body))
        except OSError:
            pass  # whoever refuses a body may hang up; the answer is there all the same
        response = connection.getresponse()
        answer.status = response.status
        answer.location = response.headers.get("Location", "")
        answer.server = response.headers.get("Server", "")
        answer.cookies = [cookie(line) for line in response.headers.get_all("Set-Cookie", [])]
        if response.status == 101:
            return
        page = response.read(BODY)
        answer.links = [link.decode("latin-1") for link in LINK.findall(page)]
        answer.text = page[:2000].decode(errors="replace")
        if SIGNING in headers and response.headers.get_content_type() == "application/json":
            answer.seen = diagnostic(page)


def diagnostic(page: bytes) -> dict[str, Any]:
    """Return what the wrapper around the app has answered; nothing if somebody else did."""
    try:
        said = json.loads(page)
    except ValueError:
        return {}
    return said if isinstance(said, dict) and {"came", "sees", "mounted"} <= set(said) else {}


def cookie(line: str) -> dict[str, Any]:
    """Return what a ``Set-Cookie`` says of a cookie, without its value."""
    pair, *attributes = [part.strip() for part in line.split(";")]
    said = {name.lower(): value for name, _, value in (part.partition("=") for part in attributes)}
    return {
        "name": pair.partition("=")[0],
        "path": said.get("path", ""),
        "domain": said.get("domain", ""),
        "secure": "secure" in said,
    }


def prove(keys: list[bytes]) -> str:
    """Return what shows for the next minute that whoever asks has one of the ``keys``."""
    text = f"{int(time.time()) + LIFETIME}.{secrets.token_hex(8)}"
    return ", ".join(f"{text}.{hmac.digest(key, text.encode(), 'sha256').hex()}" for key in keys)


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
        if found["plain"]["error"]:
            return found
        found["journey"] = self._follow(found["plain"])
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

    def _follow(self, answer: dict[str, Any], most: int = 5) -> list[dict[str, Any]]:
        """Return the redirects from ``answer`` on, as far as they lead back to this site's URLs."""
        steps: list[dict[str, Any]] = []
        url = urljoin(self.site.origin, answer["asked"])
        while answer["location"] and len(steps) < most:
            steps.append({"asked": url, "status": answer["status"], "location": answer["location"]})
            target = urljoin(url, answer["location"])
            if not target.startswith(f"{self.site.origin}/"):
                break
            url, path = target, target.removeprefix(self.site.origin)
            answer = asdict(self.place.ask(path.partition("#")[0]))
        return steps
