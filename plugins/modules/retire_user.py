#!/usr/bin/python
"""Kill a user's processes, and remove the user if it owns no file."""

from __future__ import annotations

DOCUMENTATION = r"""
module: retire_user
author: The Subsite maintainers (@subsite)
short_description: Kill a user's processes, and remove the user if it owns no file
description:
  - Kills every process of the user.
  - Removes the user, unless it still owns a file on a local file system. The next new user could
    get the same user ID, and so would own that file.
options:
  name:
    description: Name of the user, who may not exist.
    type: str
    required: true
  keep:
    description: Whether to keep the user, because some of its files are kept.
    type: bool
    default: false
attributes:
  check_mode:
    description: Reports whether the user would be removed; kills nothing.
    support: full
  diff_mode:
    description: Not supported.
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
  description: A file that the user still owns; empty if there is none or O(keep) is true.
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

from ansible_collections.subsite.deploy.plugins.module_utils.unlogged import UnloggedModule

TIMEOUT = 10
"""How many seconds killed processes may take to end."""

NOT_LOCAL = frozenset({"9p", "afs", "ceph", "cifs", "nfs", "nfs4", "smb3", "virtiofs"})
"""File systems of other machines, where a user ID may mean another user."""

NO_FILES = frozenset({"cgroup", "cgroup2", "proc", "sysfs", "devpts", "nsfs", "bpf", "tracefs"})
"""File systems of the kernel, where users own no files."""


def list_processes(uid: int, which: str = "[0-9]*") -> Iterator[int]:
    """Yield the processes whose real, effective or saved user is ``uid``.

    :param which: pattern of process IDs.
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


def kill_all(uid: int) -> bool:
    """Kill all processes of ``uid``, and return whether all of them ended.

    It repeats this, because a process can start another before it is killed.
    """
    deadline = time.monotonic() + TIMEOUT
    while found := list(list_processes(uid)):
        with ExitStack() as opened:
            killed = [kill(pid, uid, opened) for pid in found]
            for descriptor in filter(None, killed):
                left = deadline - time.monotonic()
                # A descriptor of a process can be read when it has ended (pidfd_open(2)).
                if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                    return False
    return True


def kill(pid: int, uid: int, opened: ExitStack) -> int | None:
    """Kill process ``pid`` if ``uid`` still owns it, and return a descriptor of it."""
    try:
        descriptor = os.pidfd_open(pid)
        opened.callback(os.close, descriptor)
        # Another process may have got the same ID before it was opened.
        if pid not in list_processes(uid, f"{pid}"):
            return None
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return descriptor


def list_mounts(table: str) -> Iterator[str]:
    """Yield the mount points of local file systems in a mountinfo (proc_pid_mountinfo(5))."""
    entries = []
    for line in table.splitlines():
        fields, _, kind = line.partition(" - ")
        device, root, place = fields.split()[2:5]
        kind = kind.split()[0]
        if kind not in NOT_LOCAL | NO_FILES and not kind.startswith("fuse."):
            entries.append((root.rstrip("/") + "/", device, place))
    listed: list[tuple[str, str]] = []
    for root, device, place in sorted(entries):  # a whole file system comes before its parts
        if not any(device == other and root.startswith(top) for top, other in listed):
            listed.append((root, device))
            yield re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place)


def find_file(uid: int) -> str:
    """Return a file that ``uid`` owns on a local file system; empty if there is none.

    :raises OSError: when a file system cannot be searched, with the output of find(1).
    """
    for place in list_mounts(Path("/proc/self/mountinfo").read_text()):
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
    """Kill the processes, look for files, and remove the user."""
    module = UnloggedModule(
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
    running = bool(next(list_processes(uid), 0))
    if running and not module.check_mode and not kill_all(uid):
        module.fail_json(
            msg=f"Processes of {name} did not end within {TIMEOUT} s after SIGKILL: "
            + ", ".join(map(str, list_processes(uid)))
        )
    try:
        left = "" if keep else find_file(uid)
    except OSError as error:
        module.fail_json(msg=f"Cannot find out whether {name} still owns files: {error}")
    removes = not keep and not left
    if removes and not module.check_mode:
        module.run_command(["userdel", name], check_rc=True)
    module.exit_json(changed=running or removes, removed=removes, file=left)


if __name__ == "__main__":
    main()
