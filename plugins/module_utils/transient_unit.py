"""Run a program of the collection as the user of an app's builds, in a transient systemd unit.

The unit has a sandbox, and a cgroup that is killed when the program ends, so no process of it is
left (systemd-run(1), systemd.kill(5)).
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from ansible_collections.subsite.deploy.plugins.module_utils import lent_directory
from ansible_collections.subsite.deploy.plugins.module_utils.source import BuildError

OUTPUT = 2**16
"""How many bytes of a failed program's output are written: the last ones."""


def place(modules: Iterable[ModuleType], directory: Path, gid: int) -> None:
    """Write ``modules`` below ``directory``, so that group ``gid`` can import them by name."""
    for module in modules:
        path = directory / f"{module.__name__.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(inspect.getsource(module))
    for path in [directory, *directory.rglob("*")]:
        os.chown(path, 0, gid)
        path.chmod(0o750 if path.is_dir() else 0o640)


@contextmanager
def scratch(directory: Path, uid: int, gid: int) -> Iterator[None]:
    """Lend ``directory`` for temporary files, because /tmp may not allow programs; then remove it.

    The unit needs it in BindPaths, and its path as TMPDIR.
    """
    lent_directory.lend(directory, uid, gid)
    try:
        yield
    finally:
        lent_directory.remove(directory)


def stop(unit: str) -> None:
    """Stop ``unit``, if another run has started it."""
    subprocess.run(["systemctl", "stop", unit], check=False, capture_output=True)


def run(
    program: ModuleType, library: Path, text: str, unit: str, properties: Mapping[str, object]
) -> str:
    """Run ``program`` with ``text`` as its standard input, and return its output when it ends.

    Pass secrets in ``text``: every user of the host can read a unit's settings.

    :param library: the directory of :func:`place`.
    :param unit: a name that no other unit has.
    :param properties: the unit's settings (systemd.exec(5)); a list sets one several times.
    :raises BuildError: when it fails, with its output.
    """
    command = ["systemd-run", "--pipe", "--wait", *options(library, unit, properties)]
    command += program_of(program)
    # Not a pipe: a process that keeps a pipe open would block root, and memory would have to hold
    # the whole output.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, check=False, input=text.encode(), stdout=output, stderr=output
        )
        output.seek(max(0, output.tell() - OUTPUT))
        written = output.read(OUTPUT).decode(errors="replace").strip()
    if done.returncode != 0:
        raise BuildError(
            written or f"{unit} ended with status {done.returncode} and without output."
        )
    return written


def options(library: Path, unit: str, properties: Mapping[str, object]) -> list[str]:
    """Return the options of systemd-run for a unit that can import from ``library``."""
    all_properties = {"KillSignal": "SIGKILL", "WorkingDirectory": "/", **properties}
    return [
        *("--quiet", "--collect", f"--unit={unit}", f"--setenv=PYTHONPATH={library}"),
        *(f"--property={setting}" for setting in settings(all_properties)),
    ]


def program_of(program: ModuleType) -> list[str]:
    """Return the command that runs ``program``."""
    return [sys.executable, "-s", "-m", program.__name__]


def settings(properties: Mapping[str, object]) -> Iterable[str]:
    """Yield ``properties`` as lines of a unit (systemd.syntax(7))."""
    for name, value in properties.items():
        for single in value if isinstance(value, list) else [value]:
            yield f"{name}={str(single).lower() if isinstance(single, bool) else single}"
