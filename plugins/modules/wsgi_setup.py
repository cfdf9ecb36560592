#!/usr/bin/python
"""Run the setup commands of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_setup
author: The Subsite maintainers (@subsite)
short_description: Run the setup commands of a release
description:
  - Starts the unit that runs the setup commands, and waits for its end.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  release:
    description: The release. Its unit exists.
    type: str
    required: true
attributes:
  check_mode:
    description: Reports that the commands would run.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Run the setup commands
  subsite.deploy.wsgi_setup:
    name: shop
    release: 4d1c09aa71be
"""

RETURN = r"""
unit:
  description: The unit that has run the commands.
  type: str
  returned: when the commands have run
"""

from ansible_collections.subsite.deploy.plugins.module_utils import units
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def main() -> None:
    """Start the unit; only report it in check mode."""
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True)
    unit = layout(module.params["name"], module.params["release"]).setup_unit
    try:
        units.systemctl("start", unit)
    except units.SystemctlError:
        state = units.state_of(unit)
        module.fail_json(
            msg="A command of wsgi_app_setup_commands failed "
            f"({state['Result']}, status {state['ExecMainStatus']})."
        )
    module.exit_json(changed=True, unit=unit)


if __name__ == "__main__":
    main()
