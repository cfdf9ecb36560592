"""Make the files from which nginx reads the users of a site and their hashed passwords."""

from __future__ import annotations

DOCUMENTATION = r"""
name: users_files
author: The Subsite maintainers (@subsite)
short_description: Make the files of users that nginx reads
description:
  - Returns one entry for the module P(subsite.deploy.file_set#module) for the users of the site,
    and one for each mount that has users of its own.
  - A password is hashed with scrypt, unless it is a hash. Its salt depends on the host, the site
    and the user, so that the file is the same in each run.
positional: _input, directory, host
options:
  _input:
    description: The inputs of the role nginx_site.
    type: dict
    required: true
  directory:
    description: The directory of the files.
    type: str
    required: true
  host:
    description: The host in the inventory.
    type: str
    required: true
"""

EXAMPLES = r"""
files: "{{ __nginx_site | subsite.deploy.users_files('/etc/nginx/access/shop', 'web1') }}"
"""

RETURN = r"""
_value:
  description: The entries, each with C(dest), C(secret) and its rights.
  type: list
  elements: dict
"""

import hashlib
from collections.abc import Callable
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.password_hash import (
    hash_password,
    is_hash,
)


def users_files(site: dict[str, Any], directory: str, host: str) -> list[dict[str, str]]:
    """Return an entry of ``file_set`` for each set of users."""
    sets = {"site": site["users"]}
    sets |= {mount["path"].replace("/", "+"): mount["users"] for mount in site["mounts"]}
    return [
        {
            "dest": f"{directory}/{name}",
            "secret": "".join(_line(site["name"], user, users[user], host) for user in users),
            "mode": "0640",
            # Debian's group of nginx's workers.
            "group": "www-data",
        }
        for name, users in sets.items()
        if users
    ]


def _line(site: str, user: str, password: str, host: str) -> str:
    if is_hash(password):
        return f"{user}:{password}\n"
    salt = hashlib.sha256(f"{host} {site} {user}".encode()).hexdigest()[:32]
    return f"{user}:{hash_password(password, salt)}\n"


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable]:
        """Return the filters by name."""
        return {"users_files": users_files}
