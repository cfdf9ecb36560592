#!/usr/bin/python
"""Switch an app to another release on its host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_switch
author: The Subsite maintainers (@subsite)
short_description: Switch an app to another release
description:
  - Starts the release and its background processes beside the current ones, makes it current when
    it is healthy, and stops the others. If the release is not healthy, the current one stays.
  - The host does this in a transient unit. If the connection is lost, the switch still ends.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  release:
    description: The release. Its units exist.
    type: str
    required: true
  claim:
    description: The claim of this run. A run whose claim is void makes no release current.
    type: str
    required: true
  moves_socket:
    description: Whether the socket has to be created again, for example at another address.
    type: bool
    default: false
  stops_on_failure:
    description: Whether the release stops if it cannot serve.
    type: bool
    default: true
  stop_timeout:
    description: Seconds that a web process has to end its requests.
    type: float
    default: 30
  probation_files:
    description: Files of root's to place before the start, as O(current_files).
    type: list
    elements: dict
    default: []
    suboptions: &entry
      dest:
        description: Absolute path.
        type: path
        required: true
      content:
        description: Content of a file.
        type: str
      link:
        description: Target of a symbolic link.
        type: str
      absent:
        description: Whether there must be nothing.
        type: bool
  current_files:
    description: Files of root's that make the release current.
    type: list
    elements: dict
    required: true
    suboptions: *entry
  deployment:
    description:
      - What to record if the release was not current before, besides the time. C(by) has the user
        and the host that deploy.
    type: dict
    required: true
  pins:
    description: Whether deploys leave the app at this release until the pin is lifted.
    type: bool
    default: false
extends_documentation_fragment: [subsite.deploy.failures]
attributes:
  check_mode:
    description: Shows the files that would make the release current.
    support: full
  diff_mode:
    description: Shows the same files.
    support: full
"""

EXAMPLES = r"""
- name: Switch to the release
  subsite.deploy.wsgi_switch:
    name: shop
    release: 4d1c09aa71be
    claim: "{{ shop.claim }}"
    current_files:
      - dest: /etc/systemd/system/wsgi-shop.service
        link: wsgi-shop.4d1c09aa71be.service
    deployment:
      how: deploy
      by: {user: anna, host: laptop}
"""

RETURN = r"""
current:
  description: Whether the release became current.
  type: bool
  returned: always
"""

import tempfile
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    background_processes,
    claim,
    deployments,
    failure_file,
    file_lock,
    layout,
    listening_socket,
    path_state,
    printable,
    probation,
    schedules,
    switch,
    transient_unit,
    units,
    wsgi_run,
)
from ansible_collections.subsite.deploy.plugins.module_utils.path_change import Change
from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError
from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

ENTRY = {
    "dest": {"type": "path", "required": True},
    "content": {"type": "str"},
    "link": {"type": "str"},
    "absent": {"type": "bool"},
}
MODULES = (
    background_processes,
    claim,
    deployments,
    file_lock,
    layout,
    listening_socket,
    path_state,
    printable,
    probation,
    schedules,
    switch,
    units,
    wsgi_run,
)
"""What the program needs on the host."""


def changes(entries: list[dict]) -> list[Change]:
    """Return which of the files would change."""
    found = [
        (entry["dest"], before := PathState.read(entry["dest"]), switch.wanted(entry, before))
        for entry in entries
    ]
    return [
        Change(path, "root", before, after, is_secret=False)
        for path, before, after in found
        if before != after
    ]


def schedule_files(planned: switch.Switch) -> list[dict]:
    """Return the files of the release's schedules; none if check mode has not built it."""
    units_dir = Path(layout.layout(planned.app, planned.release).schedule_units_dir)
    return schedules.unit_files(planned.app, planned.release) if units_dir.is_dir() else []


def run_on_host(planned: switch.Switch) -> None:
    """Run the switch in a transient unit, which goes on if this module is killed.

    :raises BuildError: when the release cannot serve.
    """
    parent = Path(layout.layout(planned.app).switch_lock_path).parent
    library = Path(tempfile.mkdtemp(dir=parent, prefix="switch-"))
    transient_unit.place(MODULES, library, gid=0)
    unit = f"{layout.layout(planned.app).unit_prefix}_switch_{planned.claim}.service"
    removal = {"ExecStopPost": f"/bin/rm -rf {library}"}
    transient_unit.run(switch, library, planned.to_json, unit, removal)


def main() -> None:
    """Switch; only show the files in check mode."""
    entries = {"type": "list", "elements": "dict", "options": ENTRY}
    module = UnloggedModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
            "claim": {"type": "str", "required": True},
            "moves_socket": {"type": "bool", "default": False},
            "stops_on_failure": {"type": "bool", "default": True},
            "stop_timeout": {"type": "float", "default": 30},
            "probation_files": {**entries, "default": []},
            "current_files": {**entries, "required": True},
            "deployment": {"type": "dict", "required": True},
            "pins": {"type": "bool", "default": False},
            "failure_file": failure_file.OPTION,
        },
        supports_check_mode=True,
    )
    parameters = dict(module.params)
    del parameters["failure_file"]
    planned = switch.Switch(app=parameters.pop("name"), **parameters)
    files = [*planned.current_files, *schedule_files(planned)]
    diff = [change.diff() for change in changes(files)]
    if module.check_mode:
        module.exit_json(changed=True, diff=diff, current=False)
    before = layout.current_release(planned.app)
    try:
        run_on_host(planned)
    except (BuildError, OSError) as error:
        is_current = layout.current_release(planned.app) == planned.release
        # A release that was current before and starts again does not become current.
        becomes_current = is_current and before != planned.release
        if "background process" in str(error) and not becomes_current:
            message = "A background process of the release does not work."
            failure_file.fail(module, str(error), message, current=False)
        module.fail_json(msg=str(error), current=becomes_current)
    module.exit_json(changed=True, diff=diff, current=True)


if __name__ == "__main__":
    main()
