#!/usr/bin/python
"""Kill a user's processes, and remove the user if no file of it is left."""

from __future__ import annotations

DOCUMENTATION = r"""
module: retire_user
author: The Subsite maintainers (@subsite)
short_description: Kill a user's processes, and remove the user if no file of it is left
description:
  - Kills every process of the user.
  - Removes the user, unless a local file system still has a file of it. Otherwise the
    next new user could get the number of the removed user, and so its files.
options:
  name:
    description: The user. It may be missing.
    type: str
    required: true
  keep:
    description: Whether the user stays, because files of it are known to be left.
    type: bool
    default: false
attributes:
  check_mode:
    description: Says whether the user would be removed; kills nothing.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Remove the user
  subsite.deploy.retire_user:
    name: wsgi-shop
"""

RETURN = r"""
removed:
  description: Whether the user was removed.
  type: bool
  returned: always
file:
  description: A file of the user that is left; empty if there is none or O(keep) is true.
  type: str
  returned: always
  sample: /srv/media/upload.jpg
"""

import os
import pwd
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.discreet import DiscreetModule

PATIENCE = 10
"""Seconds that killed processes may take to end."""

NOT_LOCAL = frozenset({"9p", "afs", "ceph", "cifs", "nfs", "nfs4", "smb3", "virtiofs"})
"""File systems of other machines, where a number means nothing or another user."""

NO_FILES = frozenset({"cgroup", "cgroup2", "proc", "sysfs", "devpts", "nsfs", "bpf", "tracefs"})
"""File systems of the kernel, in which users have no files."""


def processes(uid: int, which: str = "[0-9]*") -> Iterator[int]:
    """Yield the processes that have ``uid`` as their real, effective or saved user.

    :param which: pattern of their numbers.
    """
    for status in Path("/proc").glob(f"{which}/status"):
        try:
            text = status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        users = text.partition("\nUid:")[2].partition("\n")[0].split()
        # The first thread may have ended before the others.
        is_zombie = "\nState:\tZ" in text and "\nThreads:\t1\n" in text
        if str(uid) in users[:3] and not is_zombie:
            yield int(status.parent.name)


def end(uid: int) -> bool:
    """Kill all processes of ``uid``, and return whether all of them ended.

    It repeats that, because a process that still runs can start another.
    """
    deadline = time.monotonic() + PATIENCE
    while found := list(processes(uid)):
        with ExitStack() as opened:
            killed = [kill(pid, uid, opened) for pid in found]
            for descriptor in filter(None, killed):
                left = deadline - time.monotonic()
                # A descriptor of a process can be read when it has ended (pidfd_open(2)).
                if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                    return False
    return True


def kill(pid: int, uid: int, opened: ExitStack) -> int | None:
    """Kill process ``pid``, if it is still one of ``uid``, and return a descriptor of it."""
    try:
        descriptor = os.pidfd_open(pid)
        opened.callback(os.close, descriptor)
        # Before it was opened, another process may have got the number.
        if pid not in processes(uid, f"{pid}"):
            return None
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return descriptor


def mounts(table: str) -> Iterator[str]:
    """Yield where the local file systems in a mountinfo (proc_pid_mountinfo(5)) are mounted."""
    entries = []
    for line in table.splitlines():
        fields, _, kind = line.partition(" - ")
        _, _, device, root, place, *_ = fields.split()
        kind = kind.split()[0]
        if kind not in NOT_LOCAL | NO_FILES and not kind.startswith("fuse."):
            entries.append((root.rstrip("/") + "/", device, place))
    seen: list[tuple[str, str]] = []
    for root, device, place in sorted(entries):  # what is mounted whole comes before its parts
        if not any(device == other and root.startswith(top) for top, other in seen):
            seen.append((root, device))
            yield re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place)


def file_of(uid: int) -> str:
    """Return a file that ``uid`` owns on a local file system; nothing if there is none.

    :raises OSError: when a file system cannot be searched, with what find(1) said.
    """
    for place in mounts(Path("/proc/self/mountinfo").read_text()):
        done = subprocess.run(
            ["find", place, "-ignore_readdir_race", "-xdev", "-uid", str(uid), "-print", "-quit"],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if found := done.stdout.strip():
            return found
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
    return ""


def main() -> None:
    """Kill, look, and remove."""
    module = DiscreetModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "keep": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    name, keep = module.params["name"], module.params["keep"]
    try:
        uid = pwd.getpwnam(name).pw_uid
    except KeyError:
        module.exit_json(changed=False, removed=False, file="")
    running = bool(next(processes(uid), 0))
    if running and not module.check_mode and not end(uid):
        module.fail_json(
            msg=f"Processes of {name} did not end within {PATIENCE} s after SIGKILL: "
            + ", ".join(map(str, processes(uid)))
        )
    try:
        left = "" if keep else file_of(uid)
    except OSError as error:
        module.fail_json(msg=f"Whether files of {name} are left is unknown: {error}")
    removes = not keep and not left
    if removes and not module.check_mode:
        module.run_command(["userdel", name], check_rc=True)
    module.exit_json(changed=running or removes, removed=removes, file=left)


if __name__ == "__main__":
    main()
