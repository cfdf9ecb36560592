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
      - V(recover) does the same after a run that was cut off. It fails if the app was started
        since, because its data may be newer then.
    type: str
    choices: [begin, end, undo, recover]
    required: true
  claim:
    description: The claim of this run. A run whose claim is void changes nothing.
    type: str
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
    claim: "{{ shop.claim }}"
"""

RETURN = r"""
replaced:
  description: Where the data are that were replaced; empty if there were none.
  type: str
  returned: after O(step=end)
"""

from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import claim, data_swap, file_lock
from ansible_collections.subsite.deploy.plugins.module_utils.data_swap import SwapError
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout
from ansible_collections.subsite.deploy.plugins.module_utils.units import SystemctlError
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

SUPERSEDED = (
    "Another run has begun to change {name} on this host since, or the host has rebooted. This run "
    "changes nothing more."
)


def swap(app: str, step: str, run: str, timeout: float) -> dict[str, object]:
    """Do one step, and return the result of the module.

    :param run: the claim of this run.
    :raises SwapError: when another run has claimed the app since, or when the step is refused.
    :raises SystemctlError: when a unit does not start or stop.
    """
    with file_lock.locked(Path(layout(app).switch_lock_path)):
        if not claim.is_current(app, run):
            raise SwapError(SUPERSEDED.format(name=app))
        if step == "begin":
            data_swap.begin(app, timeout)
            return {"changed": True}
        if step == "end":
            return {"changed": True, "replaced": data_swap.end(app)}
        put_back = data_swap.recover if step == "recover" else data_swap.undo
        return {"changed": put_back(app, timeout)}


def main() -> None:
    """Do one step; nothing in check mode."""
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "step": {
                "type": "str",
                "choices": ["begin", "end", "undo", "recover"],
                "required": True,
            },
            "claim": {"type": "str", "required": True},
            "stop_timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=module.params["step"] != "undo", replaced="")
    try:
        result = swap(*(module.params[key] for key in ("name", "step", "claim", "stop_timeout")))
    except (SwapError, SystemctlError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
