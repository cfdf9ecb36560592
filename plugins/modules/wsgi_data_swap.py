#!/usr/bin/python
"""Replace the data of an app by those of an unpacked backup."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_data_swap
author: The Subsite maintainers (@subsite)
short_description: Replace the data of an app by those of an unpacked backup
description:
  - M(subsite.deploy.wsgi_restore) must have unpacked the backup before.
  - The data that were there stay in C(/var/lib/wsgi/NAME/replaced), until the next restore.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  step:
    description:
      - V(begin) stops the app and replaces its data. V(end) starts what ran before. V(undo) puts
        the data back and starts what ran before, unless the swap has ended.
    type: str
    choices: [begin, end, undo]
    required: true
  stop_timeout:
    description: Seconds that a web process has to end its requests.
    type: float
    default: 30
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Not supported.
    support: none
"""

EXAMPLES = r"""
- name: Stop the shop and replace its data
  subsite.deploy.wsgi_data_swap:
    name: shop
    step: begin
"""

RETURN = r"""
replaced:
  description: Where the data are that were replaced; empty if there were none.
  type: str
  returned: after O(step=end)
"""

from ansible_collections.subsite.deploy.plugins.module_utils import data_swap
from ansible_collections.subsite.deploy.plugins.module_utils.units import SystemctlError
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule


def main() -> None:
    """Do one step; nothing in check mode."""
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "step": {"type": "str", "choices": ["begin", "end", "undo"], "required": True},
            "stop_timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    app, step, timeout = (module.params[key] for key in ("name", "step", "stop_timeout"))
    if module.check_mode:
        module.exit_json(changed=step != "undo", replaced="")
    try:
        if step == "begin":
            data_swap.begin(app, timeout)
            module.exit_json(changed=True)
        if step == "undo":
            module.exit_json(changed=data_swap.undo(app, timeout))
        module.exit_json(changed=True, replaced=data_swap.end(app))
    except (SystemctlError, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
