#!/usr/bin/python
"""Tell what a host has of a certificate, and whether the key beside it can be used."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_info
author: The Subsite maintainers (@subsite)
short_description: Tell what a host has of a certificate and its key
description:
  - Reads a certificate and says whether its key is the right one. Nothing of the key is returned.
  - It takes nothing but Python on the host.
options:
  certificate:
    description: Path of the certificate and of those that sign it, in PEM.
    type: path
    required: true
  key:
    description: Path of its key, in PEM.
    type: path
    required: true
  site:
    description: Configuration of nginx, to tell with what it speaks TLS now.
    type: path
  renewal:
    description: What certbot keeps for renewing the certificate, to tell who issued it.
    type: path
attributes:
  check_mode:
    description: It only looks.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Look at the certificate of the shop
  subsite.deploy.certificate_info:
    certificate: /etc/ssl/shop.pem
    key: /etc/ssl/private/shop.key
  register: shop
"""

RETURN = r"""
certificate:
  description: Path of the certificate.
  type: str
  returned: always
key:
  description: Path of its key.
  type: str
  returned: always
pem:
  description: The certificate and those that sign it; empty if there is none.
  type: str
  returned: always
certificate_fault:
  description: Why the certificate cannot be read, as the end of a sentence; empty if it can.
  type: str
  returned: always
  sample: "does not exist: put it there first"
key_fault:
  description: Why the key cannot be used with it, as the end of a sentence; empty if it can.
  type: str
  returned: always
  sample: "is not the key of the certificate: take the one that was made for it"
serves:
  description: Paths of the certificate and of the key that O(site) names, if they are there.
  type: dict
  returned: always
directory:
  description: URL of the ACME server that O(renewal) names; empty if there is none.
  type: str
  returned: always
"""

import os
import re
import ssl
import stat
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

ANOTHER_KEY = "is not the key of the certificate: take the one that was made for it"
OTHERS = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
"""What OpenSSL calls a key of another certificate, the last one if it is of another kind."""


def text_of(path: str | None) -> str:
    """Return what is in a file, or nothing if there is none."""
    try:
        return Path(path or "").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return ""


def file_fault(path: str) -> str:
    """Return why there is nothing to read at ``path``."""
    return "" if os.path.isfile(path) else "does not exist on the host: put it there first"


def key_fault(certificate: str, key: str) -> str:
    """Return why ``key`` cannot be used with ``certificate``."""
    if not os.path.isfile(key) or not os.path.isfile(certificate):
        return file_fault(key)
    if is_readable_by_others(key):
        return f"everybody on the host can read: chmod o-r {key}"
    try:
        # Whoever asks for a password gets none, and does not wait at a terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, lambda: "")
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        return ANOTHER_KEY if reason in OTHERS else f"cannot be used with it ({reason})"
    return ""


def is_readable_by_others(path: str) -> bool:
    """Return whether users without any part in ``path`` can read it."""
    path = os.path.realpath(path)
    above = (str(parent) for parent in Path(path).parents)
    return all(
        os.stat(one).st_mode & right
        for one, right in [(path, stat.S_IROTH), *((parent, stat.S_IXOTH) for parent in above)]
    )


def pair_served(configuration: str) -> dict[str, str]:
    """Return which certificate and key ``configuration`` names, if both are there."""
    found = {
        option: re.search(rf"(?m)^\s*{directive} (\S+);$", configuration)
        for option, directive in {
            "certificate": "ssl_certificate",
            "key": "ssl_certificate_key",
        }.items()
    }
    pair = {option: match[1] for option, match in found.items() if match}
    return pair if len(pair) == 2 and all(map(os.path.isfile, pair.values())) else {}


def main() -> None:
    """Look, and tell."""
    module = AnsibleModule(
        argument_spec={
            "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True, "no_log": False},
            "site": {"type": "path"},
            "renewal": {"type": "path"},
        },
        supports_check_mode=True,
    )
    certificate, key = module.params["certificate"], module.params["key"]
    issuer = re.search(r"(?m)^server = (\S+)$", text_of(module.params["renewal"]))
    module.exit_json(
        certificate=certificate,
        key=key,
        pem=text_of(certificate),
        certificate_fault=file_fault(certificate),
        key_fault=key_fault(certificate, key),
        serves=pair_served(text_of(module.params["site"])),
        directory=issuer[1] if issuer else "",
    )


if __name__ == "__main__":
    main()
