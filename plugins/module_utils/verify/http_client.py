"""Send one HTTP request to one endpoint, and keep what the response shows of URLs."""

from __future__ import annotations

import hmac
import http.client
import re
import secrets
import ssl
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.deadline import (
    Deadline,
    LimitedSocket,
    connect,
)
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt
from ansible_collections.subsite.deploy.plugins.module_utils.public_url import is_url
from ansible_collections.subsite.deploy.plugins.module_utils.verify import (
    references,
    wrapper_answer,
)

SIGNATURE_HEADER = "X-Subsite-Verify"
SIGNATURE_LIFETIME = 50
"""Seconds that a signature is valid; an app accepts 60 at most."""

MOST_SIGNATURES = 10
"""How many signatures an app checks in one request."""

BODY = 65536
"""How many bytes of a body are read, or sent, at once."""

PAGE = 4 * BODY
"""How many bytes of a body are read for the URLs in it."""

UNKNOWN_AUTHORITY = {18, 19, 20, 21}
"""Results of a verification that another machine may not have: the authority is unknown.

Source: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT and the next ones in openssl/x509_vfy.h.
"""

SECONDS_TO_READ = 2
"""How long the URLs in one body are looked for."""

LINK = re.compile(rb"""(?:href|src|action)\s*=\s*["'](https?://[^"'<> ]+)""", re.IGNORECASE)


@dataclass
class Response:
    """What came back, or why nothing did."""

    target: str = ""
    """The path that was requested."""
    status: int = 0
    error: str = ""
    """Why there is no response."""
    malformed: str = ""
    """How the response breaks the rules of HTTP, or of the wrapper's answer."""
    location: str = ""
    server: str = ""
    cookies: list[dict[str, Any]] = field(default_factory=list)
    content_type: str = ""
    links: list[str] = field(default_factory=list)
    """Absolute URLs in the page."""
    wrapper_answer: dict[str, Any] = field(default_factory=dict)
    """What the wrapper around the app answered; empty if it did not answer."""
    is_connected: bool = False
    """Whether a server took the connection. Without it, only the network is known."""
    is_untrusted: bool = False
    """Whether this machine does not know the authority that signed the certificate."""
    client_address: str = ""
    """The address that the request was sent from."""
    text: references.Text = field(default_factory=references.Text)
    """All that the body and the headers refer to; empty unless it was asked for."""

    def as_dict(self) -> dict[str, Any]:
        """Return what is judged later, perhaps on another host."""
        return {name: value for name, value in vars(self).items() if name != "text"}


class FinalResponse(http.client.HTTPResponse):
    """A response with its final status."""

    def begin(self) -> None:
        """Skip interim responses (RFC 9110, 15.2) and read the head of the final one."""
        super().begin()
        while 102 <= self.status < 200:
            self.headers = None  # type: ignore[assignment]  # as it is before begin()
            super().begin()


class Connection(http.client.HTTPConnection):
    """A connection to an endpoint, whatever the Host header says."""

    response_class = FinalResponse

    def __init__(self, endpoint: Endpoint, deadline: Deadline) -> None:
        """Prepare a connection; :meth:`connect` opens it."""
        super().__init__("unused")
        self.endpoint, self.deadline = endpoint, deadline
        self.is_connected, self.client_address = False, ""

    def connect(self) -> None:
        """Connect to the endpoint, by TLS if it has a context."""
        connected = connect(self.endpoint.address, self.deadline)
        self.is_connected = True
        name = connected.getsockname()
        self.client_address = name[0] if isinstance(name, tuple) else ""
        if self.endpoint.context:
            connected.settimeout(self.deadline.left())
            connected = self.endpoint.context.wrap_socket(
                connected, server_hostname=self.endpoint.certificate_name
            )
        self.sock = LimitedSocket(connected, self.deadline)


@dataclass(frozen=True)
class Endpoint:
    """Where to connect to, and what to send there."""

    address: str
    """The path of a socket, or ``host:port``."""
    certificate_name: str
    """The name that the certificate must have."""
    context: ssl.SSLContext | None
    host: str
    """The value of ``Host``."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of every request."""
    timeout: float = 10
    """Seconds for one response, from connecting to its last byte."""
    signature: str = ""
    """The value of :data:`SIGNATURE_HEADER` in signed requests."""
    total: Deadline = field(default_factory=lambda: Deadline(float("inf")))
    """When the last request may be sent."""

    def request(
        self,
        target: str,
        headers: dict[str, str] | None = None,
        *,
        signed: bool = False,
        body: int = 0,
        reads: str = "",
    ) -> Response:
        """Request ``target`` once, without following a redirect.

        :param headers: more headers.
        :param signed: whether the wrapper around the app should answer, instead of the app.
        :param body: how many bytes to post.
        :param reads: what the response is for a browser, if the URLs in it are to be found:
            ``page``, or a kind of :mod:`references`.
        """
        all_headers = {"Host": self.host, "User-Agent": "subsite-verify", "Connection": "close"}
        all_headers |= {**self.headers, **(headers or {})}
        if signed:
            all_headers[SIGNATURE_HEADER] = self.signature
        response = Response(target)
        try:
            deadline = Deadline(min(self.timeout, self.total.left()))
        except TimeoutError:
            response.error = (
                f"TimeoutError: not requested, since the {self.total.seconds:g} s of this call "
                "are over"
            )
            return response
        connection = Connection(self, deadline)
        try:
            connection.connect()
            self._exchange(connection, response, all_headers, body, reads)
        except TimeoutError:
            response.error = f"TimeoutError: no complete response within {deadline.seconds:.3g} s"
        except OSError as error:
            response.error = excerpt(f"{type(error).__name__}: {error}")
            response.is_untrusted = getattr(error, "verify_code", 0) in UNKNOWN_AUTHORITY
        except http.client.HTTPException as error:
            response.malformed = excerpt(f"{type(error).__name__}: {error}")
        except ValueError as error:
            response.malformed = excerpt(str(error))
        finally:
            response.is_connected = connection.is_connected
            response.client_address = connection.client_address
            connection.close()
        return response

    def _exchange(
        self,
        connection: Connection,
        response: Response,
        headers: dict[str, str],
        body: int,
        reads: str,
    ) -> None:
        """Send the request and fill ``response``."""
        method = "POST" if body else "GET"
        connection.putrequest(method, response.target, skip_host=True, skip_accept_encoding=True)
        for name, value in (headers | ({"Content-Length": str(body)} if body else {})).items():
            connection.putheader(name, value)
        connection.endheaders()
        try:
            for sent in range(0, body, BODY):
                connection.send(b"\0" * min(BODY, body - sent))
        except OSError:
            pass  # A server that refuses the body may close; its response can still be read.
        received = connection.getresponse()
        response.status = received.status
        response.location = check_location(received.headers.get("Location", ""))
        response.server = excerpt(received.headers.get("Server", ""))
        response.content_type = excerpt(received.headers.get_content_type())
        response.cookies = [
            parse_cookie(line) for line in received.headers.get_all("Set-Cookie", [])
        ]
        if received.status == 101:
            if "Upgrade" not in headers:
                raise ValueError("status 101, although the request has no Upgrade header")
            return
        limit = PAGE if reads else BODY
        page = received.read(limit)
        if received.length and len(page) < limit:
            raise ValueError(f"the body ends {received.length} bytes before its Content-Length")
        page = decompress(page, received.headers.get("Content-Encoding", ""))
        links = dict.fromkeys(link.decode("latin-1") for link in LINK.findall(page))
        response.links = list(filter(is_url, links))
        if reads:
            deadline = Deadline(min(SECONDS_TO_READ, connection.deadline.left()))
            response.text = references.read(received.headers, page, reads, deadline)
        if (
            SIGNATURE_HEADER in headers
            and received.headers.get_content_type() == "application/json"
        ):
            response.wrapper_answer = wrapper_answer.parse(page)


def decompress(page: bytes, encoding: str) -> bytes:
    """Return ``page`` without its ``Content-Encoding``, as far as it is valid.

    Verify does not ask for compression, but some sites always send it. The result is limited,
    because a small body can expand to gigabytes.
    """
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return page
    # 32 lets zlib recognise the headers of gzip and of zlib.
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(page, PAGE)
    except zlib.error:
        return b""


def check_location(value: str) -> str:
    """Return the ``value`` of a ``Location``.

    :raises ValueError: when it is not a URL: browsers may read it as different URLs.
    """
    if value and not is_url(value):
        text = value.encode("latin-1", "replace").decode(errors="replace")
        raise ValueError(f"Location is no URL (RFC 3986): {excerpt(text, 100)}")
    return value


def parse_cookie(line: str) -> dict[str, Any]:
    """Return the attributes of a ``Set-Cookie`` line, without the cookie's value."""
    pair, *parts = [part.strip() for part in line.split(";")]
    attributes = {name.lower(): value for name, _, value in (part.partition("=") for part in parts)}
    return {
        "name": excerpt(pair.partition("=")[0]),
        "path": excerpt(attributes.get("path", "")),
        "domain": excerpt(attributes.get("domain", "")),
        "secure": "secure" in attributes,
    }


def sign(keys: list[bytes]) -> str:
    """Return a header that proves, for the next minute, knowledge of the first ten ``keys``."""
    text = f"{int(time.time()) + SIGNATURE_LIFETIME}.{secrets.token_hex(8)}"
    digests = (hmac.digest(key, text.encode(), "sha256").hex() for key in keys[:MOST_SIGNATURES])
    return ", ".join(f"{text}.{digest}" for digest in digests)
