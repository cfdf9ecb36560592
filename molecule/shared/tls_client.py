"""Clients that use TLS: they check certificates, alone and under load."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from client import PORTS
from cryptography import x509
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Client:
    """A client of one site that uses TLS."""

    name: str

    @contextmanager
    def connect(
        self, trusted: str | None = None, protocol: str = "http/1.1"
    ) -> Iterator[ssl.SSLSocket]:
        """Connect, and fail unless the authority ``trusted``, if given, signed the certificate."""
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
        """Return the certificate of the server."""
        with self.connect() as secured:
            return x509.load_der_x509_certificate(secured.getpeercert(True))

    def names(self) -> set[str]:
        """Return the names of the certificate."""
        extension = self.certificate().extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        return {str(name.value) for name in extension.value}

    def issuer(self) -> str:
        """Return the issuer of the certificate."""
        (name,) = self.certificate().issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        return name.value

    def get(self, trusted: str | None = None) -> int:
        """Request the page, and return the status of the answer."""
        with self.connect(trusted) as secured:
            secured.sendall(f"GET / HTTP/1.1\r\nHost: {self.name}\r\n\r\n".encode())
            answer = http.client.HTTPResponse(secured)
            answer.begin()
            return answer.status


@dataclass
class Load:
    """Requests in sequence, until ``ended`` is set."""

    client: Client
    outcomes: list[object] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send requests and record their results."""
        while not self.ended.is_set():
            try:
                self.outcomes.append(self.client.get())
            except (OSError, http.client.HTTPException) as error:
                self.outcomes.append(error)


@contextmanager
def load(client: Client) -> Iterator[list[object]]:
    """Send requests in the background, and yield the list of their results."""
    clients = Load(client)
    thread = threading.Thread(target=clients.run)
    thread.start()
    try:
        yield clients.outcomes
    finally:
        clients.ended.set()
        thread.join()
