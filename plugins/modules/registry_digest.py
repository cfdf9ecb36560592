#!/usr/bin/python
"""Ask a registry which image a tag means."""

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_digest
author: The Subsite maintainers (@subsite)
short_description: Ask a registry which image a tag means
description:
  - Asks for the manifest alone, and keeps nothing of it. The host has skopeo, which also knows
    what C(/etc/containers/registries.conf) says about the registry.
options:
  image:
    description: The image with its registry and its tag, as C(registry.example.org/shop:1.4).
    type: str
    required: true
extends_documentation_fragment: [subsite.deploy.registry]
attributes:
  check_mode:
    description: Nothing is changed.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Ask what the shop is today
  subsite.deploy.registry_digest:
    image: registry.example.org/shop:1.4
    login: {username: deployer, password: "{{ vault_registry_password }}"}
  register: shop
"""

RETURN = r"""
digest:
  description: Digest of the manifest, or of the list of those for several architectures.
  type: str
  returned: always
  sample: sha256:8f106f01a8c2c1ba477c7b9130ba4b7a746025722824dfdf2117643ee963a5fe
"""

import hashlib

from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule
from ansible_collections.subsite.deploy.plugins.module_utils.registry import (
    LOGIN,
    RegistryError,
    skopeo,
)


def digest(image: str, login: dict[str, str] | None) -> str:
    """Return the digest of ``image``, for whose registry there may be a ``login``.

    :raises RegistryError: when the registry does not tell.
    """
    question = ("--command-timeout=60s", "inspect", "--raw", f"docker://{image}")
    manifest = skopeo(*question, image=image, login=login)
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def main() -> None:
    """Ask."""
    module = DiscreetModule(
        argument_spec={
            "image": {"type": "str", "required": True},
            "login": LOGIN,
        },
        supports_check_mode=True,
    )
    try:
        found = digest(module.params["image"], module.params["login"])
    except RegistryError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, digest=found)


if __name__ == "__main__":
    main()
