"""Hosts that a test starts for itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import testinfra
from controller import MOLECULE

BOOTED = (
    "timeout 60 sh -c 'until systemctl is-system-running --wait |"
    ' grep --extended-regexp "running|degraded"; do sleep .1; done\''
)
"""Before systemd listens, its command fails at once."""


@contextmanager
def new_host(name: str) -> Iterator[testinfra.host.Host]:
    """Run a host like the scenario's own, without what its prepare playbook does."""
    [platform] = MOLECULE["platforms"]
    options = [f"--name={name}", *(f"--volume={path}" for path in platform.get("volumes", []))]
    command = ["podman", "run", "--detach", "--privileged", "--systemd=always", *options]
    subprocess.run([*command, platform["image"], "/sbin/init"], check=True, capture_output=True)
    try:
        host = testinfra.get_host(f"podman://{name}")
        host.check_output(BOOTED)
        yield host
    finally:
        remove = ["podman", "rm", "--force", "--volumes", "--time=0", name]
        subprocess.run(remove, check=True, capture_output=True)
