"""Make a certificate that nobody but itself signs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: self_signed_certificate
author: The Subsite maintainers (@subsite)
short_description: A new certificate that nobody but itself signs
description:
  - Makes a key (P-256) and a certificate for it, valid for a year. Every call makes others.
  - It is no authority, so that whoever is told to trust it trusts these names and no more.
options:
  _terms:
    description: Hosts and addresses that it is for, as C(example.org), C(*.example.org),
      C(203.0.113.5) or C([2001:db8::5]).
    required: true
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Make one
  ansible.builtin.set_fact:
    made: "{{ lookup('subsite.deploy.self_signed_certificate', 'example.org', '10.0.0.5') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: The C(certificate) and its C(key), in PEM.
  type: list
  elements: dict
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.plugins.lookup import LookupBase

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    # ansible-core requires this library. Only ansible-test imports plugins without it.
    pass

YEAR = timedelta(days=365)
"""Mozilla allows 366 days."""


class LookupModule(LookupBase):
    """Return one certificate, with its key."""

    def run(
        self, terms: list[str], variables: dict | None = None, **kwargs: Any
    ) -> list[dict[str, str]]:
        """Make it for the names in ``terms``."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(list(dict.fromkeys(map(str, terms))), key)
        written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return [
            {
                "certificate": certificate.public_bytes(Encoding.PEM).decode(),
                "key": written.decode(),
            }
        ]


def _certificate(names: list[str], key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks differ
        .not_valid_after(now + YEAR)
        .add_extension(x509.SubjectAlternativeName(map(_general, names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)
