"""The Python interpreter of an environment: its version, and whether apps can run it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

QUESTION = """
import json, platform, sys, sysconfig
print(json.dumps({
    "version": sys.version_info[:3],
    "implementation": platform.python_implementation(),
    "abi": sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag,
}))
"""

HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp", "/srv/wsgi", "/dev")
"""Directories of which an app or its build sees nothing (systemd.exec(5))."""

ELSEWHERE = "install it below /opt, as with 'uv python install --install-dir /opt/python 3.14'."


@dataclass(frozen=True)
class Interpreter:
    """What an interpreter says of itself."""

    version: tuple[int, int, int]
    implementation: str
    abi: str
    """What compiled packages fit, as ``cpython-313-x86_64-linux-gnu``."""

    @property
    def minor(self) -> str:
        """Major and minor version, as ``3.13``."""
        return ".".join(map(str, self.version[:2]))

    @property
    def identity(self) -> str:
        """All that environments depend on.

        The patch version is not in it: packages fit each one, and an environment runs the
        interpreter of the host, so that updates of the distribution reach it without a build.
        """
        return f"{self.implementation} {self.minor} {self.abi}"


def inspect(path: str) -> Interpreter:
    """Return what the interpreter at ``path`` says of itself.

    :raises BuildError: when it cannot be run.
    """
    command = [path, "-I", "-c", QUESTION]
    try:
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise BuildError(f"{path} cannot be run as an interpreter of Python: {error}") from error
    return Interpreter(**{**found, "version": tuple(found["version"])})


def faults(path: str) -> Iterator[str]:
    """Yield why an app or its build cannot run the interpreter at ``path``, if the host has it."""
    real = os.path.realpath(path)
    if not os.path.exists(real):
        return
    for part in (path, real):
        for top in HIDDEN:
            if part.startswith(f"{top}/"):
                leads = "" if real == path else f", where {real} is"
                yield (
                    f"wsgi_app_python is {path!r}, but apps see nothing below {top}{leads}: "
                    f"{ELSEWHERE}"
                )
                return
    for part in [real, *map(str, Path(real).parents)]:
        if is_closed(part):
            yield (
                f"wsgi_app_python is {path!r}, but not all users can use {part}: let them "
                f"(chmod a+rx), or {ELSEWHERE}"
            )


def is_closed(path: str) -> bool:
    """Return whether an app's user cannot enter a directory, or read and run a program."""
    needed = 0o001 if os.path.isdir(path) else 0o005
    return os.stat(path).st_mode & needed != needed
