"""Look up the digest of the image in an archive."""

from __future__ import annotations

DOCUMENTATION = r"""
name: image_digest
author: The Subsite maintainers (@subsite)
short_description: Digest of the image in an archive on the controller
description:
  - Returns the digest of the image in an archive of C(podman save) or C(docker save). It does not
    depend on the image's name.
options:
  _terms:
    description: The archives.
    required: true
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show the digest of the image
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.image_digest', '/home/me/shop.tar') }}"
"""

RETURN = r"""
_raw:
  description: One digest for each archive, as C(sha256:...).
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.module_utils.image_archive import (
    ArchiveError,
    identify,
)


class LookupModule(LookupBase):
    """Return one digest for each archive."""

    def run(self, terms: list[str], variables: dict | None = None, **kwargs: Any) -> list[str]:
        """Return the digest of each of ``terms``."""
        try:
            return [identify(term)[1] for term in terms]
        except ArchiveError as error:
            raise AnsibleLookupError(str(error)) from error
