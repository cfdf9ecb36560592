#!/usr/bin/python
"""Pin an app to its current release, or lift the pin."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_pin
author: The Subsite maintainers (@subsite)
short_description: Pin an app to its current release, or lift the pin
description:
  - A deploy leaves a pinned app as it is.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  state:
    description: Whether the app is pinned.
    type: str
    choices: [present, absent]
    default: present
  release:
    description: The current release. Required for O(state=present).
    type: str
  by:
    description: The C(user) and the C(host) that pin the app. Required for O(state=present).
    type: dict
attributes:
  check_mode:
    description: Reports whether the pin would change.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Lift the pin
  subsite.deploy.wsgi_pin:
    name: shop
    state: absent
"""

RETURN = r"""
lifted:
  description: The pin that was lifted, with its C(release), C(at) and C(by), if there was one.
  type: dict
  returned: always
"""

from ansible_collections.subsite.deploy.plugins.module_utils import deployments
from ansible_collections.subsite.deploy.plugins.module_utils.host_module import HostModule


def main() -> None:
    """Compare, and change the pin unless check mode is on."""
    module = HostModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "release": {"type": "str"},
            "by": {"type": "dict"},
        },
        required_if=[("state", "present", ("release", "by"))],
        supports_check_mode=True,
    )
    name, release = module.params["name"], module.params["release"]
    found = deployments.pin_of(name)
    if module.params["state"] == "absent":
        changed = found is not None
        if changed and not module.check_mode:
            deployments.unpin(name)
        module.exit_json(changed=changed, lifted=found)
    changed = found is None or found["release"] != release
    if changed and not module.check_mode:
        deployments.pin(name, release, module.params["by"])
    module.exit_json(changed=changed, lifted=None)


if __name__ == "__main__":
    main()
