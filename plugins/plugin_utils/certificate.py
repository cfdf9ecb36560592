"""Check certificates on the controller, which has the library cryptography for Ansible itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
except ImportError:
    # ansible-core requires this library. Only ansible-test imports plugins without it.
    pass


def faults(pem: str, names: Iterable[str], days: int = 0, exactly: bool = False) -> Iterator[str]:
    """Yield the faults of a certificate, each as the end of a sentence.

    :param pem: the certificate, followed by its chain.
    :param names: the hosts and addresses that it must have, as in nginx_site_server_names.
    :param days: for how many days from now it must be valid.
    :param exactly: whether it must have no other names.
    """
    try:
        certificate = x509.load_pem_x509_certificates(pem.encode())[0]
    except ValueError:
        yield "is not a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"
        return
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc <= now:
        yield f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}: renew it"
    elif certificate.not_valid_after_utc <= now + timedelta(days=days):
        yield f"expires on {certificate.not_valid_after_utc:%Y-%m-%d}: renew it"
    if certificate.not_valid_before_utc > now:
        yield f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}: use another"
    wanted, certified = {name.lower().strip("[]") for name in names}, set(names_of(certificate))
    for name in sorted(wanted):
        if not covers(certified, name):
            yield (
                f"is for {', '.join(sorted(certified)) or 'no name'}, but not for {name!r}: get "
                "one that has this name, too"
            )
    if exactly and certified - {normal(name) for name in wanted}:
        yield "has names that the site does not need any more"


def key_faults(pem: str, key: str) -> Iterator[str]:
    """Yield why ``key`` cannot be used with the certificate, as the end of a sentence."""
    try:
        of_key = load_pem_private_key(key.encode(), None).public_key()
        of_certificate = x509.load_pem_x509_certificates(pem.encode())[0].public_key()
    except TypeError:
        yield "is encrypted, and nginx cannot ask for its password: decrypt it"
    except (ValueError, UnsupportedAlgorithm):
        yield "is not a key in PEM, which begins with -----BEGIN PRIVATE KEY-----"
    else:
        if of_key != of_certificate:
            yield "is not the key of the certificate: use the key that belongs to it"


def names_of(certificate: x509.Certificate) -> Iterator[str]:
    """Yield the hosts and addresses of ``certificate`` (not the common name, RFC 6125)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in names.get_values_for_type(x509.DNSName))
    yield from map(str, names.get_values_for_type(x509.IPAddress))


def covers(certified: set[str], name: str) -> bool:
    """Return whether a certificate with the names ``certified`` is valid for ``name``."""
    return bool({normal(name), "*." + name.partition(".")[2]} & certified)


def normal(name: str) -> str:
    """Return ``name``; an IP address in its usual form."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
