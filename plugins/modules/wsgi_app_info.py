#!/usr/bin/python
"""Tell what a host has of one app: its releases, and which of them serves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: wsgi_app_info
author: The Subsite maintainers (@subsite)
short_description: Tell what a host has of one app
description:
  - Reads which releases of an app are complete, which one serves, and what runs.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  home:
    description: Where its releases are.
    type: path
    required: true
  data:
    description: Its state directory.
    type: path
    required: true
  python:
    description: The interpreter that its environments are made from.
    type: path
    default: /usr/bin/python3
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Look at the shop
  subsite.deploy.wsgi_app_info:
    name: shop
    home: /srv/wsgi/shop
    data: /var/lib/wsgi/shop
  register: shop
"""

RETURN = r"""
python:
  description: Version of the interpreter; empty when there is none.
  type: str
  returned: always
  sample: "3.13"
current:
  description: The release that the socket wakes; empty when there is none.
  type: str
  returned: always
instances:
  description: State of each release's service, as systemd calls it, unless it is stopped.
  type: dict
  returned: always
  sample: {"4d1c09aa71be": "active"}
address:
  description: Where its socket unit listens; empty when there is none.
  type: str
  returned: always
has_data:
  description: Whether there is a state directory, perhaps of an earlier life.
  type: bool
  returned: always
listening:
  description: Whether the socket listens, now and after a boot.
  type: bool
  returned: always
releases:
  description: Names of the releases that are complete and can be started, newest first.
  type: list
  elements: str
  returned: always
environments:
  description: The environment that each complete release runs in, by the release's name.
  type: dict
  returned: always
directories:
  description: Names of the directories of C(releases) and of C(environments), complete or not.
  type: dict
  returned: always
"""


def python_version(interpreter: str) -> str:
    """Return ``major.minor`` of ``interpreter``, or an empty string if it cannot be run."""
    try:
        return subprocess.run(
            [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def releases(home: str) -> dict[str, str]:
    """Return the complete releases below ``home``, newest first, with their environments."""
    records = [
        record
        for record in Path(home, "releases").glob("*/release.json")
        if (record.parent / "venv/bin/gunicorn").exists()
    ]
    newest_first = sorted(records, key=lambda record: record.stat().st_mtime, reverse=True)
    return {
        record.parent.name: os.path.basename(os.path.realpath(record.parent / "venv"))
        for record in newest_first
    }


def directories(parent: Path) -> list[str]:
    """Return the names of the directories in ``parent``, which may be missing."""
    return sorted(path.name for path in parent.glob("*") if path.is_dir())


def current(name: str, units: str = "/etc/systemd/system") -> str:
    """Return the release that the app's unit is an alias of, or an empty string."""
    try:
        return os.readlink(f"{units}/wsgi-{name}.service").split(".")[-2]
    except OSError:
        return ""


def address(name: str, units: str = "/etc/systemd/system") -> str:
    """Return where the app's socket unit listens, or an empty string."""
    try:
        unit = Path(units, f"wsgi-{name}.socket").read_text()
    except OSError:
        return ""
    return unit.partition("ListenStream=")[2].partition("\n")[0]


def instances(name: str) -> dict[str, str]:
    """Return the state of each release's service, except those that are stopped or failed."""
    units = _systemctl(
        "list-units", "--plain", "--no-legend", "--full", f"wsgi-{name}.*.service",
        "--state=active,activating,reloading,deactivating",
    )  # fmt: skip
    columns = [line.split() for line in units.splitlines()]
    return {unit.split(".")[-2]: state for unit, _, state, *_ in columns}


def listening(name: str) -> bool:
    """Return whether the app's socket is active and enabled."""
    state = _systemctl(
        "show", "--property=ActiveState,UnitFileState", f"wsgi-{name}.socket"
    ).split()
    return sorted(state) == ["ActiveState=active", "UnitFileState=enabled"]


def _systemctl(*arguments: str) -> str:
    return subprocess.run(
        ["systemctl", *arguments], capture_output=True, check=True, text=True
    ).stdout


def main() -> None:
    """Collect it all."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "home": {"type": "path", "required": True},
            "data": {"type": "path", "required": True},
            "python": {"type": "path", "default": "/usr/bin/python3"},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    complete = releases(module.params["home"])
    module.exit_json(
        changed=False,
        python=python_version(module.params["python"]),
        current=current(name),
        instances=instances(name),
        address=address(name),
        has_data=os.path.isdir(module.params["data"]),
        listening=listening(name),
        releases=list(complete),
        environments=complete,
        directories={
            part: directories(Path(module.params["home"], part))
            for part in ("releases", "environments")
        },
    )


if __name__ == "__main__":
    main()
