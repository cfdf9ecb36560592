"""Judge certificates on the controller, where Ansible itself has brought the library for it."""

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
    """Yield what keeps a certificate from being served, as the end of a sentence.

    :param pem: the certificate, and after it those that sign it.
    :param names: hosts and addresses that it has to be for, as nginx_site_server_names has them.
    :param days: how long it has to be valid from now on.
    :param exactly: whether it may be for nothing else.
    """
    try:
        certificate = x509.load_pem_x509_certificates(pem.encode())[0]
    except ValueError:
        yield "holds no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----"
        return
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc <= now:
        yield f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}: have it renewed"
    elif certificate.not_valid_after_utc <= now + timedelta(days=days):
        yield f"expires on {certificate.not_valid_after_utc:%Y-%m-%d}: have it renewed"
    if certificate.not_valid_before_utc > now:
        yield f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}: take another"
    wanted, certified = {name.lower().strip("[]") for name in names}, set(names_of(certificate))
    for name in sorted(wanted):
        if not covers(certified, name):
            yield (
                f"is for {', '.join(sorted(certified)) or 'nobody'}, and not for {name!r}: have it "
                "issued for that, too"
            )
    if exactly and certified - {normal(name) for name in wanted}:
        yield "is for names that are not wanted any more"


def key_faults(pem: str, key: str) -> Iterator[str]:
    """Yield why ``key`` is not the one of the certificate, as the end of a sentence."""
    try:
        mine = load_pem_private_key(key.encode(), None).public_key()
        theirs = x509.load_pem_x509_certificates(pem.encode())[0].public_key()
    except TypeError:
        yield "is encrypted, and nginx has nobody to ask for the password: decrypt it"
    except (ValueError, UnsupportedAlgorithm):
        yield "holds no key in PEM: it begins with -----BEGIN PRIVATE KEY-----"
    else:
        if mine != theirs:
            yield "is not the key of the certificate: take the one that was made for it"


def names_of(certificate: x509.Certificate) -> Iterator[str]:
    """Yield the hosts and addresses that ``certificate`` is for (RFC 6125: no common name)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in names.get_values_for_type(x509.DNSName))
    yield from map(str, names.get_values_for_type(x509.IPAddress))


def covers(certified: set[str], name: str) -> bool:
    """Return whether a certificate for ``certified`` is one for ``name``."""
    return bool({normal(name), "*." + name.partition(".")[2]} & certified)


def normal(name: str) -> str:
    """Return ``name``, and an address as it is usually written."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
