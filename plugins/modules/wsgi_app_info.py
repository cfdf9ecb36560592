#!/usr/bin/python
"""Tell what a host has of one app: its releases, and which of them serves."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsgi_app_info
author: The Subsite maintainers (@subsite)
short_description: Tell what a host has of one app
description:
  - Reads which releases of an app are complete, which one serves, and what runs.
  - Fails if something that is another's stands where the app would.
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
    description: Its data directory.
    type: path
    required: true
  python:
    description: The interpreter that its environments are made from.
    type: path
    default: /usr/bin/python3
  listen:
    description:
      - Where it will answer. The module fails if somebody else does, or if the app's user or unit
        is somebody else's. Empty looks at none of this.
    type: str
    default: ""
  backend:
    description:
      - What will run the app. The module fails if the host lacks what the role does not install.
    type: str
    default: systemd
  writable_paths:
    description:
      - Paths that the app will be able to write. With O(listen), the module fails if others than
        root can replace one of these.
    type: list
    elements: path
    default: []
  takes_over:
    description:
      - Whether this run is about to change the app. Another run that is under way learns of it when
        it shows its O(claim).
    type: bool
    default: false
  claim:
    description:
      - What the call with O(takes_over) returned to this run. The module fails if another run has
        taken over since, or if the host was started anew.
    type: str
    default: ""
attributes:
  check_mode:
    description: Nothing is taken over; the rest is the same.
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
    data: /var/lib/wsgi/shop/data
  register: shop
"""

RETURN = r"""
python:
  description: Version of the interpreter; empty when there is none.
  type: str
  returned: always
  sample: "3.13"
systemd:
  description: The host's version of systemd.
  type: int
  returned: always
  sample: 257
current:
  description: The release that the socket wakes; empty when there is none.
  type: str
  returned: always
previous:
  description: The release that was deployed before that one; empty when there is none.
  type: str
  returned: always
serving_since:
  description: When it became that, in UTC; empty when there is none.
  type: str
  returned: always
  sample: "2026-11-22 21:59:54"
claim:
  description: What this run shows to prove that no other has taken over.
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
data_owner:
  description: Number of the user who owns the data directory; none if there is no such directory.
  type: int
  returned: always
listening:
  description: Whether the socket listens, now and after a boot.
  type: bool
  returned: always
altered:
  description:
    - Whether a process has shut down the socket or shortened its queue. Every process that has the
      socket can (shutdown(2), listen(2)).
  type: bool
  returned: always
releases:
  description:
    - The releases that are complete and can be started, the one deployed last first. Each has its
      name as C(release), its C(environment), when it was C(deployed), and what is recorded of it.
  type: list
  elements: dict
  returned: always
  sample:
    - release: 4d1c09aa71be
      environment: 70f8ab53d1c2
      deployed: "2026-11-22 21:59:50"
      source: git
      revision: 9c2ea81
images:
  description: Names of the releases that each container engine has an image of, by its command.
  type: dict
  returned: always
  sample: {"podman": ["4d1c09aa71be"]}
quadlet:
  description: Whether podman makes units of what is in C(/etc/containers/systemd).
  type: bool
  returned: always
units:
  description: Paths of all files and directories that make or change units of the app.
  type: list
  elements: str
  returned: always
directories:
  description: Names of the directories of C(releases) and of C(environments), complete or not.
  type: dict
  returned: always
"""

import errno
import json
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.subsite.deploy.plugins.module_utils.changeable_path import (
    changeable_parent,
    changeable_part,
)
from ansible_collections.subsite.deploy.plugins.module_utils.installer import version_of

SUPERSEDED = (
    "Another run has begun to change {name} on this host since, or the host was started anew. This "
    "one stops before it changes what serves. Run again when the other is done."
)


def python_version(interpreter: str) -> str:
    """Return ``major.minor`` of ``interpreter``, or an empty string if it cannot be run."""
    try:
        return version_of(interpreter)
    except (OSError, subprocess.CalledProcessError):
        return ""


ENGINES = {"podman": "podman", "docker": "docker", "rootless_podman": "{home}/podman"}
"""The commands of what can hold images, by the names of their backends."""

QUADLET = "/usr/lib/systemd/system-generators/podman-system-generator"
"""What makes units of containers' descriptions."""

UNITS = ("/etc/systemd/system", "/etc/containers/systemd", "/run/systemd/system")
"""Where units are made, and changed until the next boot."""


HAD = {
    "docker": (
        "install Debian's (docker.io, and on Debian 13 docker-cli and docker-buildx, too) or "
        "Docker's own. The role installs neither, since each would remove the other"
    )
}
"""Backends whose engine a host has already, and what to do if it has not."""

QUEUE = 2048
"""Backlog= of the role's sockets."""

SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
"""The most that the kernel lets wait at any socket."""

OURS = "Written by subsite.deploy.wsgi_app"
"""What every unit of the role says of itself."""


def lacks(backend: str) -> Iterator[str]:
    """Yield, in a sentence, which engine of ``backend`` the host lacks."""
    if backend in HAD and not shutil.which(ENGINES[backend]):
        yield (
            f"wsgi_app_backend is {backend!r}, but the host has no {ENGINES[backend]}: "
            f"{HAD[backend]}."
        )


def collisions(name: str, listen: str, data: str, units: str = UNITS[0]) -> Iterator[str]:
    """Yield what of somebody else's is where the app ``name`` would be, in sentences."""
    home = home_of(f"wsgi-{name}")
    if home not in ("", data):
        yield (
            f"wsgi_app_name is {name!r}, but the host has a user wsgi-{name} already, who lives in "
            f"{home} and is not the app's: give the app another name."
        )
    own = Path(units, f"wsgi-{name}.socket")
    if own.exists() and OURS not in own.read_text():
        yield (
            f"wsgi_app_name is {name!r}, but the host has a unit {own.name} already, which this "
            "role did not write: give the app another name."
        )
    rivals = sorted(
        path.name
        for path in Path(units).glob("*.socket")
        if listens(path) == listen and path != own
    )
    if rivals:
        taken = f"{rivals[0]} has that address already"
    else:
        taken = (
            "" if listens(own) == listen or is_free(listen) else "somebody answers there already"
        )
    if taken:
        yield (
            f"wsgi_app_listen is {listen!r}, but {taken}: give the app an address of its own, as "
            f"in '/run/wsgi/{name}.sock'."
        )


def replaceable(python: str, writable_paths: list[str], listen: str) -> Iterator[str]:
    """Yield, in sentences, what root would run, mount or make although others could replace it."""
    if listen.startswith("/") and (part := changeable_parent(listen)):
        yield (
            f"wsgi_app_listen is {listen!r}, but others than root can change {part}: root makes "
            "the socket, so only root may be able to change the directories above it, as "
            "for '/run/wsgi/shop.sock'."
        )
    if part := changeable_part(python):
        yield (
            f"wsgi_app_python is {python!r}, but others than root can change {part}: root runs the "
            "interpreter, so give one that only root can change, as below /usr or /opt."
        )
    for path in writable_paths:
        if part := changeable_parent(path):
            yield (
                f"wsgi_app_writable_paths has {path!r}, but others than root can change {part}: "
                "root mounts the path, so only root may be able to change the directories above "
                "it. Move it, for example to /srv."
            )


def home_of(user: str) -> str:
    """Return where ``user`` lives; nothing if there is no such user."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return ""


def is_free(listen: str) -> bool:
    """Return whether nobody on this host answers at a socket's path or at an address with a port.

    An address need not be this host's yet, and may be another's for now: it is not connected to.
    """
    if listen.startswith("/"):
        with socket.socket(socket.AF_UNIX) as visitor:
            return visitor.connect_ex(listen) != 0
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), int(port)))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def images(name: str, home: str) -> dict[str, list[str]]:
    """Return which releases each engine that the host has holds an image of, by its command."""
    reference = f"reference=localhost/wsgi-{name}"
    question = ("images", "--filter", reference, "--format", "{{.Tag}}")
    return {
        engine: sorted(_ask(engine, *question).split())
        for engine in (command.format(home=home) for command in ENGINES.values())
        if shutil.which(engine)
    }


def releases(home: str, images: dict[str, list[str]]) -> list[dict]:
    """Return the complete releases below ``home``, the one deployed last first."""
    records = Path(home, "releases").glob("*/release.json")
    return [
        {
            **recorded(record),
            "release": record.parent.name,
            "environment": os.path.basename(os.path.realpath(record.parent / "venv")),
            "deployed": time_of(record),
        }
        for record in sorted(records, key=lambda record: record.stat().st_mtime_ns, reverse=True)
        if can_start(record.parent, recorded(record), images, home)
    ]


def can_start(path: Path, record: dict, images: dict[str, list[str]], home: str) -> bool:
    """Return whether the release at ``path`` has what it runs in, by what is recorded of it."""
    engine = ENGINES.get(record.get("backend", "systemd"))
    if engine:
        return path.name in images.get(engine.format(home=home), [])
    return bool(record) and (path / "venv/bin/gunicorn").exists()


def previous(names: list[str], serving: str) -> str:
    """Return which of ``names``, the one deployed last first, was deployed before ``serving``."""
    older = names[names.index(serving) + 1 :] if serving in names else []
    return older[0] if older else ""


def recorded(path: Path) -> dict:
    """Return what is recorded in ``path``; nothing if it was cut off while it was written."""
    try:
        return json.loads(path.read_text())
    except ValueError:
        return {}


def time_of(path: Path) -> str:
    """Return when ``path`` itself was last changed, in UTC; nothing if it is not there."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(path.lstat().st_mtime))
    except FileNotFoundError:
        return ""


def take_over(name: str, runs: str = "/run/subsite") -> str:
    """Write down that a new run is about to change the app, and return its claim."""
    claim = secrets.token_hex(8)
    os.makedirs(runs, mode=0o755, exist_ok=True)
    Path(runs, f"{name}.{claim}").write_text(claim)
    os.replace(f"{runs}/{name}.{claim}", f"{runs}/{name}")
    return claim


def is_current(claim: str, name: str, runs: str = "/run/subsite") -> bool:
    """Return whether the run that made ``claim`` is the last one that took over."""
    try:
        return Path(runs, name).read_text() == claim
    except FileNotFoundError:
        return False


def directories(parent: Path) -> list[str]:
    """Return the names of the directories in ``parent``, which may be missing."""
    return sorted(path.name for path in parent.glob("*") if path.is_dir())


def units(name: str, parents: tuple[str, ...] = UNITS) -> list[str]:
    """Return the paths of what makes or changes units of the app."""
    patterns = (f"wsgi-{name}.*", f"wsgi-{name}_setup.*", f"wsgi_{name.replace('-', '_')}.*")
    return [
        str(path)
        for parent in parents
        for pattern in patterns
        for path in sorted(Path(parent).glob(pattern))
    ]


def alias(name: str, units: str = "/etc/systemd/system") -> Path:
    """Return the path of the app's unit, an alias of the service of the release that serves."""
    return Path(units, f"wsgi-{name}.service")


def current(name: str, units: str = "/etc/systemd/system") -> str:
    """Return the release that the app's unit is an alias of, or an empty string."""
    try:
        return os.readlink(alias(name, units)).split(".")[-2]
    except OSError:
        return ""


def address(name: str, units: str = "/etc/systemd/system") -> str:
    """Return where the app's socket unit listens, or an empty string."""
    return listens(Path(units, f"wsgi-{name}.socket"))


def listens(unit: Path) -> str:
    """Return where a socket unit listens, or an empty string."""
    try:
        return unit.read_text().partition("ListenStream=")[2].partition("\n")[0]
    except OSError:
        return ""


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


def systemd_version() -> int:
    """Return the version of systemd, as ``systemctl --version`` begins with it."""
    return int(re.findall(r"\Asystemd (\d+)", _systemctl("--version"))[0])


def altered(listen: str) -> bool:
    """Return whether a process has shut down the socket at ``listen`` or shortened its queue."""
    return refuses(listen) or queue(listen) < min(QUEUE, int(SOMAXCONN.read_text()))


def queue(listen: str) -> int:
    """Return how many connections can wait at ``listen``; :data:`QUEUE` if ss does not show it."""
    if shutil.which("ss"):
        family = "--unix" if listen.startswith("/") else "--tcp"
        # An IPv6 socket of all interfaces takes IPv4, too, and is shown so.
        shown = listen.replace("[::]", "*")
        for line in _ask("ss", "--listening", "--numeric", "--no-header", family).splitlines():
            before, address, _ = line.partition(f" {shown} ")
            if address:
                return int(before.split()[-1])
    return QUEUE


def refuses(listen: str) -> bool:
    """Return whether connections to ``listen``, where a process serves, are refused."""
    family = socket.AF_UNIX
    address: str | tuple[str, int] = listen
    if not listen.startswith("/"):
        host, _, port = listen.rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        # An address of all interfaces cannot be connected to (RFC 1122, 3.2.1.3).
        host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host).strip("[]")
        address = (host, int(port))
    with socket.socket(family) as client:
        client.settimeout(1)
        # systemd removes a socket that it finds shut down.
        return client.connect_ex(address) in (errno.ECONNREFUSED, errno.ENOENT)


def owner_of(path: str) -> int | None:
    """Return the number of the user who owns ``path``; none if it is not there."""
    try:
        return os.lstat(path).st_uid
    except FileNotFoundError:
        return None


def _ask(*command: str) -> str:
    """Return what ``command`` says; nothing if it fails, as when no daemon answers it."""
    return subprocess.run(command, capture_output=True, text=True).stdout


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
            "listen": {"type": "str", "default": ""},
            "backend": {"type": "str", "default": "systemd"},
            "writable_paths": {"type": "list", "elements": "path", "default": []},
            "takes_over": {"type": "bool", "default": False},
            "claim": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    name, claim = module.params["name"], module.params["claim"]
    if claim and not is_current(claim, name):
        module.fail_json(msg=SUPERSEDED.format(name=name))
    listen = module.params["listen"]
    wrong = list(lacks(module.params["backend"]))
    if listen:
        wrong += collisions(name, listen, module.params["data"])
        wrong += replaceable(module.params["python"], module.params["writable_paths"], listen)
    if wrong:
        module.fail_json(msg="\n".join(wrong))
    if module.params["takes_over"] and not module.check_mode:
        claim = take_over(name)
    serving = current(name)
    held = images(name, module.params["home"])
    complete = releases(module.params["home"], held)
    running = instances(name)
    listen = address(name)
    is_altered = "active" in running.values() and altered(listen)
    module.exit_json(
        changed=False,
        python=python_version(module.params["python"]),
        systemd=systemd_version(),
        claim=claim,
        current=serving,
        previous=previous([release["release"] for release in complete], serving),
        serving_since=time_of(alias(name)) if serving else "",
        instances=running,
        address=listen,
        data_owner=owner_of(module.params["data"]),
        listening=listening(name),
        altered=is_altered,
        releases=complete,
        images=held,
        quadlet=os.path.exists(QUADLET),
        units=units(name),
        directories={
            part: directories(Path(module.params["home"], part))
            for part in ("releases", "environments")
        },
    )


if __name__ == "__main__":
    main()
