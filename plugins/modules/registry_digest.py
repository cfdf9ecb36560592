#!/usr/bin/python
"""Get the digest of an image from its registry."""

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_digest
author: The Subsite maintainers (@subsite)
short_description: Get the digest of an image from its registry
description:
  - Requests only the manifest, with skopeo, which must be on the host and reads
    C(/etc/containers/registries.conf).
options:
  image:
    description: The image with registry and tag, for example C(registry.example.org/shop:1.4).
    type: str
    required: true
extends_documentation_fragment: [subsite.deploy.changes_nothing, subsite.deploy.registry]
"""

EXAMPLES = r"""
- name: Get the digest of the shop's tag
  subsite.deploy.registry_digest:
    image: registry.example.org/shop:1.4
    login: {username: deployer, password: "{{ vault_registry_password }}"}
  register: shop
"""

RETURN = r"""
digest:
  description: Digest of the manifest, or of the manifest list of several architectures.
  type: str
  returned: always
  sample: sha256:8f106f01a8c2c1ba477c7b9130ba4b7a746025722824dfdf2117643ee963a5fe
"""

import hashlib

from ansible_collections.subsite.deploy.plugins.module_utils.registry import (
    LOGIN,
    RegistryError,
    skopeo,
)
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def digest(image: str, login: dict[str, str] | None) -> str:
    """Return the digest of ``image``.

    :raises RegistryError: when the registry does not return the manifest.
    """
    arguments = ("--command-timeout=60s", "inspect", "--raw", f"docker://{image}")
    manifest = skopeo(*arguments, image=image, login=login)
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def main() -> None:
    """Return the digest."""
    module = UnloggedModule(
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
