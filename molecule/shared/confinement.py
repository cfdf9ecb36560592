"""The processes of app users, and whether they are in a unit of their app."""

from __future__ import annotations

import re
from dataclasses import dataclass

LIST = r"""
stat --format '%u %U %n' /proc/[0-9]* 2>/dev/null | while read -r number user directory; do
  # A process that ends meanwhile has no cgroup.
  [ "$user" = root ] || ! cgroup=$(tail -n 1 "$directory/cgroup") ||
    echo "$number $user ${directory#/proc/} $cgroup $(tr '\0' ' ' <"$directory/cmdline")"
done 2>/dev/null
"""


@dataclass(frozen=True)
class Process:
    """A process of the host."""

    uid: str
    user: str
    number: str
    cgroup: str
    command: str

    @property
    def is_confined(self) -> bool:
        """Whether the process is in a unit of its user's app, or in a container."""
        app = re.escape(self.user[len("wsgi-") :])
        unit = rf"wsgi[-_]({app}|{app.replace('-', '_')})[._]"
        return bool(re.search(rf"/({unit}|(libpod|docker|crun|runc)-\w)", self.cgroup))


def processes(host) -> list[Process]:
    """Return the processes of a host that do not run as root."""
    lines = host.check_output(LIST).splitlines()
    parts = [line.split(" ", 4) for line in lines]
    return [Process(*(part + [""] * (5 - len(part)))) for part in parts]


def unconfined(host) -> list[Process]:
    """Return the processes of apps and of their builds outside of the units of their app."""
    return [
        process
        for process in processes(host)
        if process.user.startswith(("wsgi-", "wsgi_")) and not process.is_confined
    ]
