"""Input errors of an app that only its host can find."""

from __future__ import annotations

import errno
import os
import pwd
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import interpreter
from ansible_collections.subsite.deploy.plugins.module_utils.changeable_path import (
    changeable_parent,
    changeable_part,
)
from ansible_collections.subsite.deploy.plugins.module_utils.layout import (
    MARKER,
    UNIT_DIR,
    address_of,
    layout,
)

NOT_INSTALLED = {
    "docker": (
        "install Debian's (docker.io, and on Debian 13 docker-cli and docker-buildx, too) or "
        "Docker's own. The role installs neither, since each would remove the other"
    )
}
"""What to do on a host without the engine, by backends whose engine the role does not install."""


def input_errors(parameters: dict) -> Iterator[str]:
    """Yield an input error for each part of the host that does not fit the inputs."""
    listen = parameters["listen"]
    yield from missing_engine(parameters["backend"])
    for schedule, calendar in parameters["calendars"].items():
        yield from unusable(schedule, calendar)
    if listen:
        yield from collisions(parameters["name"], listen)
        yield from replaceable(
            parameters["python"], parameters["writable_paths"], listen, parameters["statsd"]
        )
        yield from interpreter.faults(parameters["python"])


def missing_engine(backend: str) -> Iterator[str]:
    """Yield an input error if the host lacks the engine of ``backend``."""
    if backend in NOT_INSTALLED and not shutil.which(backend):
        yield (
            f"wsgi_app_backend is {backend!r}, but the host has no {backend}: "
            f"{NOT_INSTALLED[backend]}."
        )


def unusable(schedule: str, calendar: str) -> Iterator[str]:
    """Yield why no timer can have the expression ``calendar`` (systemd.time(7))."""
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--", calendar], check=False, capture_output=True, text=True
    )
    where = f"wsgi_app_schedules[{schedule}].calendar is {calendar!r}"
    if done.returncode != 0:
        yield (
            f"{where}, which systemd does not accept ({done.stderr.strip()}): write for example "
            "'*:0/15' for each quarter of an hour, or 'Mon..Fri 06:30'."
        )
    elif re.search(r"^\s*Next elapse: never$", done.stdout, re.MULTILINE):
        yield f"{where}, which is over: write a time to come, as 'daily', or remove the schedule."


def collisions(name: str, listen: str, unit_dir: str = UNIT_DIR) -> Iterator[str]:
    """Yield an input error for each name or address of the app that something else has."""
    app = layout(name)
    for user, directory in {app.user: app.data_dir, app.build_user: app.cache_dir}.items():
        home = home_of(user)
        if home not in ("", directory):
            yield (
                f"wsgi_app_name is {name!r}, but the host has a user {user} already, whose home is "
                f"{home}, which the role did not create: give the app another name."
            )
    unit_path = Path(unit_dir, app.socket_unit)
    if unit_path.exists() and MARKER not in unit_path.read_text():
        yield (
            f"wsgi_app_name is {name!r}, but the host has a unit {unit_path.name} already, which "
            "this role did not write: give the app another name."
        )
    rivals = sorted(
        path.name
        for path in Path(unit_dir).glob("*.socket")
        if address_of(path) == listen and path != unit_path
    )
    if rivals:
        taken = f"{rivals[0]} has that address already"
    else:
        taken = (
            ""
            if address_of(unit_path) == listen or is_free(listen)
            else "another process listens there already"
        )
    if taken:
        yield (
            f"wsgi_app_listen is {listen!r}, but {taken}: give the app its own address, as in "
            f"{app.socket_path!r}."
        )


def home_of(user: str) -> str:
    """Return the home directory of ``user``; nothing if there is no such user."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return ""


def is_free(listen: str) -> bool:
    """Return whether no process on this host listens on a socket's path or an address with a port.

    The address may belong to another host now, so the function does not connect to it.
    """
    if listen.startswith("/"):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(listen) != 0
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), int(port)))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def replaceable(
    python: str, writable_paths: list[str], listen: str, statsd: str = ""
) -> Iterator[str]:
    """Yield an input error for each path of root's that users other than root can replace."""
    if listen.startswith("/") and (part := changeable_parent(listen)):
        yield (
            f"wsgi_app_listen is {listen!r}, but users other than root can change {part}: root "
            "creates the socket, so only root may change the directories above it, as for "
            f"{layout('shop').socket_path!r}."
        )
    if part := changeable_part(python):
        yield (
            f"wsgi_app_python is {python!r}, but users other than root can change {part}: root "
            "runs the interpreter, so use one that only root can change, as below /usr or /opt."
        )
    for path in writable_paths:
        if part := changeable_parent(path):
            yield (
                f"wsgi_app_writable_paths has {path!r}, but users other than root can change "
                f"{part}: root mounts the path, so only root may change the directories above it. "
                "Move it, for example to /srv."
            )
    if statsd and (part := changeable_parent(os.path.dirname(statsd))):
        yield (
            f"wsgi_app_statsd is {statsd!r}, but users other than root can change {part}: root "
            "mounts the directory of the socket, so only root may change the directories above "
            "it, as for '/run/statsd/shop/socket'."
        )
