#!/usr/bin/python
"""Inspect an app on its host: its releases, and which of them serves."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_app_info
author: The Subsite maintainers (@subsite)
short_description: Inspect an app on its host
description:
  - Returns which releases of an app are complete, which one serves, and which units run.
  - With O(listen), fails if the address, the user or a unit of the app belongs to something else.
options:
  name:
    description: The app's RV(ignore:wsgi_app_name).
    type: str
    required: true
  python:
    description: The interpreter of its environments.
    type: path
    default: /usr/bin/python3
  listen:
    description:
      - The address that the app will listen on. The module fails if another process listens there,
        or if the app's user or a unit of it was not made by the role. Empty checks nothing.
    type: str
    default: ""
  backend:
    description:
      - The backend of the app. The module fails if the host lacks an engine that the role does not
        install.
    type: str
    default: systemd
  writable_paths:
    description:
      - Paths that the app will be able to write. With O(listen), the module fails if users other
        than root can replace one of these.
    type: list
    elements: path
    default: []
  calendars:
    description:
      - Calendar expressions of the app's schedules, by their names. The module fails if systemd
        does not accept one, or if it is over.
    type: dict
    default: {}
  statsd:
    description:
      - Path of the socket of a StatsD server. With O(listen), the module fails if users other than
        root can replace its directory.
    type: str
    default: ""
  claims:
    description:
      - Whether this run is about to change the app. The claims of earlier runs are void then.
    type: bool
    default: false
  claim:
    description:
      - The RV(claim) of this run. The module fails if another run has claimed the app since, or if
        the host has rebooted. It waits for the end of a switch that an earlier run has begun, and
        fails if an earlier run has begun to restore the data meanwhile.
    type: str
    default: ""
  stops_at_pin:
    description: Whether a pinned app is left alone. It is not claimed, and no input is checked.
    type: bool
    default: false
  history:
    description: Whether to return RV(deployments), and the newest deployment of each release.
    type: bool
    default: false
attributes:
  check_mode:
    description: Claims nothing; the rest is the same.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Inspect the shop
  subsite.deploy.wsgi_app_info:
    name: shop
  register: shop
"""

RETURN = r"""
python:
  description: Version of the interpreter; empty when there is none.
  type: str
  returned: always
  sample: "3.13"
interpreter:
  description: Its implementation, version and ABI; empty when there is none.
  type: str
  returned: always
  sample: CPython 3.13 cpython-313-x86_64-linux-gnu
refreshed:
  description: How often the environments of the app have been refreshed.
  type: int
  returned: always
systemd:
  description: The host's version of systemd.
  type: int
  returned: always
  sample: 257
current:
  description: The release that serves; empty when there is none.
  type: str
  returned: always
previous:
  description: The release that was deployed before that one; empty when there is none.
  type: str
  returned: always
serving_since:
  description:
    - When the current release became current, in UTC. Empty when there is none, or when it has
      never been healthy.
  type: str
  returned: always
  sample: "2026-11-22 21:59:54"
pin:
  description:
    - The C(release) that the app is pinned to, C(at) which time, and C(by) which user and host;
      none if it is not pinned.
  type: dict
  returned: always
deployments:
  description:
    - The releases that became current, the newest first. Each deployment has the C(release), the
      one that it C(replaced), C(at) which time in UTC, C(by) which user and host, C(how) (V(deploy)
      or V(rollback)), its C(source), and the C(changes) against the release that it replaced.
  type: list
  elements: dict
  returned: with O(history)
mounted_by:
  description: The sites of the host that mount the app, by the names of their files.
  type: list
  elements: str
  returned: always
  sample: [main]
claim:
  description: Proves that no other run has claimed the app since, if it is given as O(claim).
  type: str
  returned: always
instances:
  description:
    - State of each release's service, as systemd calls it, unless it is stopped. V(activating) is a
      release that starts, or cannot start and is started again. V(inactive) is one of which only
      background processes run.
  type: dict
  returned: always
  sample: {"4d1c09aa71be": "active"}
after_switch:
  description: >-
    The switch whose tasks after it are not done, as C(wsgi_app_switch) of these tasks; empty when
    there is none.
  type: dict
  returned: always
unfinished_restore:
  description: Whether a restore was cut off, or is under way.
  type: bool
  returned: always
stopped_units:
  description: Background processes and timers of the current release that do not run, as units.
  type: list
  elements: str
  returned: always
  sample: [wsgi-shop_process_worker_1.4d1c09aa71be.service]
changed_units:
  description: Paths of units of schedules that are not as the current release has them.
  type: list
  elements: str
  returned: always
  sample: [/etc/systemd/system/wsgi-shop_schedule_mails.timer]
failed_schedules:
  description: The services of schedules whose last run failed, and how it did.
  type: dict
  returned: always
  sample: {"wsgi-shop_schedule_mails.service": "exit-code, status 3"}
address:
  description: The address of its socket unit; empty when there is none.
  type: str
  returned: always
data_owner:
  description: UID of the owner of the data directory; none if there is no such directory.
  type: int
  returned: always
listening:
  description: Whether the socket is active and enabled.
  type: bool
  returned: always
altered:
  description:
    - Whether a process has shut down the socket or shortened its queue. Every process that has the
      socket can do this (shutdown(2), listen(2)).
  type: bool
  returned: always
releases:
  description:
    - The releases that are complete and can be started, newest first. Each has its name as
      C(release), its C(environment), when it was C(deployed), its record, and with O(history) its
      newest C(deployment) and the C(changes) of the newest one that was no rollback.
  type: list
  elements: dict
  returned: always
  sample:
    - release: 4d1c09aa71be
      environment: 70f8ab53d1c2
      deployed: "2026-11-22 21:59:50"
      source: git
      revision: 9c2ea81
      static_paths: [shop/static]
images:
  description: The releases with an image, by the command of each container engine.
  type: dict
  returned: always
  sample: {"podman": ["4d1c09aa71be"]}
quadlet:
  description: Whether podman generates units from C(/etc/containers/systemd).
  type: bool
  returned: always
units:
  description: Paths of all unit files, drop-in directories and stamps of timers of the app.
  type: list
  elements: str
  returned: always
release_units:
  description: The same paths of each release, also of incomplete ones.
  type: dict
  returned: always
directories:
  description: Names of the directories of C(releases) and of C(environments), also incomplete ones.
  type: dict
  returned: always
"""

import json
import os
import re
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import host_python

host_python.refuse_old()

from ansible_collections.subsite.deploy.plugins.module_utils import (
    background_processes,
    claim,
    deployments,
    file_lock,
    host_errors,
    interpreter,
    releases,
    schedules,
    switch,
    units,
)
from ansible_collections.subsite.deploy.plugins.module_utils.changeable_path import changeable_part
from ansible_collections.subsite.deploy.plugins.module_utils.host_module import HostModule
from ansible_collections.subsite.deploy.plugins.module_utils.layout import (
    UNIT_DIRS,
    address_of,
    current_release,
    layout,
    release_of_unit,
)
from ansible_collections.subsite.deploy.plugins.module_utils.listening_socket import altered
from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

SITES = Path("/etc/nginx/sites-enabled")
QUADLET = "/usr/lib/systemd/system-generators/podman-system-generator"
"""Generates units from container files."""

RESTORING = "An earlier run has begun to restore the data of {name} meanwhile. Run again."


def python_of(path: str) -> dict[str, str]:
    """Return version and identity of the interpreter at ``path``; empty if it cannot be run.

    Root runs it, so it is not run if other users can change it, also if a pin lets that pass.
    """
    unknown = {"python": "", "interpreter": ""}
    if changeable_part(path):
        return unknown
    try:
        found = interpreter.inspect(path)
    except BuildError:
        return unknown
    return {"python": found.minor, "interpreter": found.identity}


def text_of(path: Path) -> str:
    """Return the text of a file of root's; an empty string if it does not exist."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def wait_for_switch(lock: Path) -> None:
    """Wait until no switch of the app is under way. Without a lock there has been none."""
    if lock.exists():
        with file_lock.locked(lock):
            pass


def directories(parent: Path) -> list[str]:
    """Return the names of the directories in ``parent``, which may be missing."""
    return sorted(path.name for path in parent.glob("*") if path.is_dir())


def unit_paths(name: str, unit_dirs: tuple[str, ...] = UNIT_DIRS) -> list[str]:
    """Return the paths of the app's unit files, drop-in directories and stamps of timers."""
    return [
        str(path)
        for directory in unit_dirs
        for pattern in layout(name).unit_patterns
        for path in sorted(Path(directory).glob(pattern))
    ]


def release_units(name: str, releases: list[str]) -> dict[str, list[str]]:
    """Return the paths of :func:`unit_paths` for each of ``releases``."""
    paths = unit_paths(name)
    return {
        release: [path for path in paths if f".{release}." in os.path.basename(path)]
        for release in releases
    }


def mounted_by(name: str) -> list[str]:
    """Return the sites of the host that mount the app."""
    socket_path = layout(name).socket_path
    return sorted(
        site.stem
        for site in SITES.glob("*.conf")
        if site.is_file() and f"unix:{socket_path};" in site.read_text(errors="replace")
    )


def instances(name: str, running: dict[str, str]) -> dict[str, str]:
    """Return the state of each release's service, unless the release is stopped or failed.

    A release of which only background processes run has the state ``inactive``.

    :param running: the states of the app's units that run.
    """
    return {
        release: running.get(layout(name, release).service_unit, "inactive")
        for release in map(release_of_unit, running)
    }


def stopped_units(name: str, release: str, running: dict[str, str]) -> list[str]:
    """Return the background processes and timers of ``release`` that are not active.

    :param running: the states of the units that run.
    """
    processes = [process.unit for process in background_processes.of_release(name, release)]
    expected = [*processes, *schedules.timers(name, release)] if release else []
    return [unit for unit in expected if running.get(unit) != "active"]


def changed_units(name: str, release: str) -> list[str]:
    """Return the paths of units of schedules that are not as ``release`` has them.

    An interrupted switch leaves those of the release before.
    """
    files = schedules.unit_files(name, release) if release else []
    states = [(entry, PathState.read(entry["dest"])) for entry in files]
    return [entry["dest"] for entry, state in states if switch.wanted(entry, state) != state]


def listening(name: str) -> bool:
    """Return whether the app's socket is active and enabled."""
    state = units.systemctl(
        "show", "--property=ActiveState,UnitFileState", layout(name).socket_unit
    ).split()
    return sorted(state) == ["ActiveState=active", "UnitFileState=enabled"]


def systemd_version() -> int:
    """Return the version of systemd, from the beginning of ``systemctl --version``."""
    return int(re.findall(r"\Asystemd (\d+)", units.systemctl("--version"))[0])


def owner_of(path: str) -> int | None:
    """Return the UID of the owner of ``path``; none if it does not exist."""
    try:
        return os.lstat(path).st_uid
    except FileNotFoundError:
        return None


def main() -> None:
    """Check the claim and the inputs, and return the state of the app."""
    module = HostModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "python": {"type": "path", "default": "/usr/bin/python3"},
            "listen": {"type": "str", "default": ""},
            "backend": {"type": "str", "default": "systemd"},
            "writable_paths": {"type": "list", "elements": "path", "default": []},
            "calendars": {"type": "dict", "default": {}},
            "statsd": {"type": "str", "default": ""},
            "claims": {"type": "bool", "default": False},
            "claim": {"type": "str", "default": ""},
            "stops_at_pin": {"type": "bool", "default": False},
            "history": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    name, run = module.params["name"], module.params["claim"]
    app = layout(name)
    if run:
        if not claim.is_current(name, run):
            module.fail_json(msg=claim.SUPERSEDED.format(name=name))
        wait_for_switch(Path(app.switch_lock_path))
        if os.path.exists(app.restore_journal_path):
            module.fail_json(msg=RESTORING.format(name=name))
    pin = deployments.pin_of(name)
    if not (pin and module.params["stops_at_pin"]):
        if errors := list(host_errors.input_errors(module.params)):
            module.fail_json(msg="\n".join(errors))
        if module.params["claims"] and not module.check_mode:
            run = claim.write(name)
    current = current_release(name)
    images = releases.images_of(name)
    complete = releases.complete(name, images)
    running = units.running(app.service_unit, app.process_unit_pattern)
    timers = units.running(app.schedule_unit_pattern)
    release_directories = directories(Path(app.releases_dir))
    listen = address_of(Path(app.socket_unit_path))
    is_altered = "active" in instances(name, running).values() and altered(listen)
    module.exit_json(
        changed=False,
        **python_of(module.params["python"]),
        refreshed=int(text_of(Path(app.refreshed_path)) or 0),
        systemd=systemd_version(),
        mounted_by=mounted_by(name),
        claim=run,
        current=current,
        previous=releases.previous([release["release"] for release in complete], current),
        serving_since=releases.serving_since(name, current),
        pin=pin,
        instances=instances(name, running),
        after_switch=json.loads(text_of(Path(app.after_switch_path)) or "{}"),
        unfinished_restore=any(map(os.path.exists, (app.restore_journal_path, app.restore_dir))),
        stopped_units=stopped_units(name, current, {**running, **timers}),
        changed_units=changed_units(name, current),
        failed_schedules=schedules.failed(name),
        address=listen,
        data_owner=owner_of(app.data_dir),
        listening=listening(name),
        altered=is_altered,
        **(
            releases.with_history(name, complete)
            if module.params["history"]
            else {"releases": complete}
        ),
        images=images,
        quadlet=os.path.exists(QUADLET),
        units=unit_paths(name),
        release_units=release_units(name, release_directories),
        directories={
            "releases": release_directories,
            "environments": directories(Path(app.environments_dir)),
        },
    )


if __name__ == "__main__":
    main()
