"""Look up who deploys, and where."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deployer
author: The Subsite maintainers (@subsite)
short_description: The user and the host that deploy
description:
  - Returns the user of the controller, and the name of the controller.
  - In the jobs of GitHub and GitLab, the user is the one who started the job (C(GITHUB_ACTOR),
    C(GITLAB_USER_LOGIN)). With sudo, it is the user who called it (C(SUDO_USER)).
options:
  _terms:
    description: Not used.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show who deploys
  ansible.builtin.debug:
    msg: "{{ lookup('subsite.deploy.deployer') }}"
"""

RETURN = r"""
_raw:
  description: One dictionary with C(user) and C(host).
  type: list
  elements: dict
"""

import os
import platform
import pwd
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.subsite.deploy.plugins.module_utils.printable import excerpt

NAMES = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "SUDO_USER")
"""Environment variables with a user, the first that is set counts."""

LONGEST = 64
"""Characters of a user or a host."""


def user() -> str:
    """Return who deploys: a user of a forge, or the user of this process."""
    given = next((os.environ[name] for name in NAMES if os.environ.get(name)), "")
    if given:
        return given
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a UID without a name
        return f"UID {os.getuid()}"


class LookupModule(LookupBase):
    """Return the user and the host."""

    def run(
        self, terms: list[str], variables: dict | None = None, **kwargs: Any
    ) -> list[dict[str, str]]:
        """Return one dictionary."""
        return [{"user": excerpt(user(), LONGEST), "host": excerpt(platform.node(), LONGEST)}]
