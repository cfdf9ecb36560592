"""Whether the socket that an app listens on is as systemd made it.

Every process that has the socket can shut it down or shorten its queue (shutdown(2), listen(2)).
"""

from __future__ import annotations

import errno
import shutil
import socket
import subprocess
from pathlib import Path

QUEUE = 2048
"""Backlog= of the role's sockets."""

SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
"""The kernel's limit of the queue of any socket."""


def altered(listen: str) -> bool:
    """Return whether a process has shut down the socket at ``listen`` or shortened its queue."""
    return refuses(listen) or queue(listen) < min(QUEUE, int(SOMAXCONN.read_text()))


def queue(listen: str) -> int:
    """Return how many connections can wait at ``listen``; :data:`QUEUE` if ss does not show it."""
    if shutil.which("ss"):
        family = "--unix" if listen.startswith("/") else "--tcp"
        # ss shows an IPv6 socket of all interfaces as *, because it accepts IPv4, too.
        listed = listen.replace("[::]", "*")
        command = ("ss", "--listening", "--numeric", "--no-header", family)
        lines = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        for line in lines.splitlines():
            before, found, _after = line.partition(f" {listed} ")
            if found:
                return int(before.split()[-1])
    return QUEUE


def refuses(listen: str) -> bool:
    """Return whether connections to ``listen`` are refused, although a process serves there."""
    family = socket.AF_UNIX
    address: str | tuple[str, int] = listen
    if not listen.startswith("/"):
        host, _colon, port = listen.rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        # An address of all interfaces cannot be connected to (RFC 1122, 3.2.1.3).
        host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host).strip("[]")
        address = (host, int(port))
    with socket.socket(family) as client:
        client.settimeout(1)
        # systemd removes a socket that it finds shut down.
        return client.connect_ex(address) in (errno.ECONNREFUSED, errno.ENOENT)
