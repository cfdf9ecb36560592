#!/usr/bin/python
"""Read a certificate of a host, and check that its key belongs to it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_info
author: The Subsite maintainers (@subsite)
short_description: Read a certificate and check its key
description:
  - Reads a certificate and checks whether its key belongs to it. The key is not returned.
  - Needs only Python on the host.
options:
  certificate:
    description: Path of the certificate with its chain, in PEM.
    type: path
    required: true
  key:
    description: Path of its key, in PEM.
    type: path
    required: true
  site:
    description: Path of the site's nginx configuration, which names the certificate in use.
    type: path
  renewal:
    description: Path of certbot's renewal configuration, which names the ACME server.
    type: path
extends_documentation_fragment: [subsite.deploy.changes_nothing]
"""

EXAMPLES = r"""
- name: Read the certificate of the shop
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
  description: The certificate with its chain; empty if it does not exist.
  type: str
  returned: always
certificate_fault:
  description: Why the certificate cannot be used, as the end of a sentence; empty if it can.
  type: str
  returned: always
  sample: "does not exist on the host: copy it there first"
key_fault:
  description: Why the key cannot be used with it, as the end of a sentence; empty if it can.
  type: str
  returned: always
  sample: "is not the key of the certificate: use the key that belongs to it"
serves:
  description: Paths of the certificate and the key that O(site) names, if both files exist.
  type: dict
  returned: always
directory:
  description: URL of the ACME server that O(renewal) names; empty if it names none.
  type: str
  returned: always
"""

import os
import re
import ssl
import stat
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import host_python

host_python.refuse_old()

from ansible.module_utils.basic import AnsibleModule

ANOTHER_KEY = "is not the key of the certificate: use the key that belongs to it"
MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
"""OpenSSL's error codes for a key of another certificate (the last: another key type)."""


def read_text(path: str | None) -> str:
    """Return the text of a file, or an empty text if it does not exist."""
    try:
        return Path(path or "").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return ""


def file_fault(path: str) -> str:
    """Return why ``path`` cannot be read; empty if it can."""
    return "" if os.path.isfile(path) else "does not exist on the host: copy it there first"


def key_fault(certificate: str, key: str) -> str:
    """Return why ``key`` cannot be used with ``certificate``; empty if it can."""
    if not os.path.isfile(key) or not os.path.isfile(certificate):
        return file_fault(key)
    if is_readable_by_others(key):
        return f"every user of the host can read: chmod o-r {key}"
    try:
        # OpenSSL gets an empty password, so that it does not ask for one at a terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, lambda: "")
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        return ANOTHER_KEY if reason in MISMATCHES else f"cannot be used with it ({reason})"
    return ""


def is_readable_by_others(path: str) -> bool:
    """Return whether every user can read ``path``."""
    path = os.path.realpath(path)
    parents = (str(parent) for parent in Path(path).parents)
    needed = [(path, stat.S_IROTH), *((parent, stat.S_IXOTH) for parent in parents)]
    return all(os.stat(place).st_mode & permission for place, permission in needed)


def find_pair(configuration: str) -> dict[str, str]:
    """Return the certificate and the key that ``configuration`` names, if both files exist."""
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
    """Read the files and return the result."""
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
    issuer = re.search(r"(?m)^server = (\S+)$", read_text(module.params["renewal"]))
    module.exit_json(
        certificate=certificate,
        key=key,
        pem=read_text(certificate),
        certificate_fault=file_fault(certificate),
        key_fault=key_fault(certificate, key),
        serves=find_pair(read_text(module.params["site"])),
        directory=issuer[1] if issuer else "",
    )


if __name__ == "__main__":
    main()
