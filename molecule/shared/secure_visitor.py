"""What visitors do who come by TLS: they look at certificates, alone and in crowds."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.x509.oid import NameOID
from visitor import PORTS


@dataclass(frozen=True)
class Visitor:
    """Somebody who comes to a site by TLS, and has not made up his mind whom to trust."""

    name: str

    @contextmanager
    def connect(
        self, trusted: str | None = None, protocol: str = "http/1.1"
    ) -> Iterator[ssl.SSLSocket]:
        """Connect, and fail unless ``trusted`` has signed what is shown, if somebody is."""
        context = ssl.create_default_context(cadata=trusted)
        context.set_alpn_protocols([protocol])
        if trusted is None:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", PORTS[443]), timeout=30) as connection,
            context.wrap_socket(connection, server_hostname=self.name) as secured,
        ):
            yield secured

    def certificate(self) -> x509.Certificate:
        """Return the certificate that is shown."""
        with self.connect() as secured:
            return x509.load_der_x509_certificate(secured.getpeercert(True))

    def names(self) -> set[str]:
        """Return what that is for."""
        extension = self.certificate().extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        return {str(name.value) for name in extension.value}

    def issuer(self) -> str:
        """Return who has issued that."""
        (name,) = self.certificate().issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        return name.value

    def get(self, trusted: str | None = None) -> int:
        """Ask for the page, and return the status of the answer."""
        with self.connect(trusted) as secured:
            secured.sendall(f"GET / HTTP/1.1\r\nHost: {self.name}\r\n\r\n".encode())
            answer = http.client.HTTPResponse(secured)
            answer.begin()
            return answer.status


@dataclass
class Crowd:
    """Visitors who come one after the other, until nobody wants to know more."""

    visitor: Visitor
    outcomes: list[object] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def come(self) -> None:
        """Ask again and again, and note what comes of it."""
        while not self.ended.is_set():
            try:
                self.outcomes.append(self.visitor.get())
            except (OSError, http.client.HTTPException) as error:
                self.outcomes.append(error)


@contextmanager
def crowd(visitor: Visitor) -> Iterator[list[object]]:
    """Have visitors come for a while, and yield the list of what they meet."""
    visitors = Crowd(visitor)
    thread = threading.Thread(target=visitors.come)
    thread.start()
    try:
        yield visitors.outcomes
    finally:
        visitors.ended.set()
        thread.join()
