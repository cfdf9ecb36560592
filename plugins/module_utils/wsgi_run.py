"""Run a command in the current release of an app, and show the apps of the host.

wsgi-run
wsgi-run shop
wsgi-run shop flask shell
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from threading import Thread
from typing import IO

from ansible_collections.subsite.deploy.plugins.module_utils import (
    background_processes,
    schedules,
    units,
)
from ansible_collections.subsite.deploy.plugins.module_utils.layout import (
    ROOT,
    current_release,
    layout,
)

BLOCK = 65536
"""How many bytes are read at once."""

OUTPUT_TIMEOUT = 1
"""Seconds to wait for output, after the command has ended."""

POLL = 0.2
"""Seconds between two looks whether a signal has arrived."""

USAGE = """\
Usage: wsgi-run                   show the apps of this host
       wsgi-run APP               show the releases, processes and schedules of an app
       wsgi-run APP COMMAND ...   run a command in its current release"""


def main() -> None:
    """Do what the arguments of the program say, and exit with the status of the command."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        sys.exit(print(USAGE))
    if os.geteuid() != 0:
        sys.exit("wsgi-run: only root can run it, as in: sudo wsgi-run " + " ".join(arguments))
    apps = sorted(path.name for path in Path(ROOT).glob("[a-z]*") if current_release(path.name))
    if not arguments:
        print("\n".join(map(overview, apps)) or "This host has no app.")
        return
    app, *command = arguments
    if app not in apps:
        sys.exit(f"wsgi-run: {unknown(app, apps)}")
    if command:
        sys.exit(run(app, command))
    print(overview(app))


def unknown(app: str, apps: list[str]) -> str:
    """Return what is wrong with ``app``, which is none of ``apps``."""
    close = get_close_matches(app, apps, n=1)
    advice = f"do you mean {close[0]!r}?" if close else f"it has {', '.join(apps) or 'none'}."
    return f"this host has no app {app!r} with a current release: {advice}"


def run(app: str, command: list[str]) -> int:
    """Run ``command`` in the current release of ``app``, and return its status.

    The command has a terminal if this program has one.
    """
    unit = new_unit(app)
    has_terminal = all(os.isatty(descriptor) for descriptor in (0, 1, 2))
    started = command_line(app, current_release(app), command, unit, has_terminal)
    signals: list[list[str]] = []
    for number in (signal.SIGINT, signal.SIGQUIT):
        forward = ["kill", "--kill-whom=main", f"--signal={number}", unit]
        signal.signal(number, lambda *_, forward=forward: signals.append(forward))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signals.append(["stop", "--no-block", unit]))
    if has_terminal:
        return wait(subprocess.Popen(started), signals)
    # In a group of its own: systemd-run would end at a signal of the terminal, and the command
    # would go on.
    process = subprocess.Popen(
        started, process_group=0, stdin=relayed(0), stdout=relayed(1), stderr=relayed(2)
    )
    outputs = [
        Thread(target=show, args=(pipe, descriptor), daemon=True)
        for pipe, descriptor in ((process.stdout, 1), (process.stderr, 2))
        if pipe
    ]
    for thread in outputs:
        thread.start()
    if process.stdin:
        Thread(target=send, args=(process.stdin,), daemon=True).start()
    status = wait(process, signals)
    for thread in outputs:
        thread.join(OUTPUT_TIMEOUT)
    return status


def relayed(descriptor: int) -> int | None:
    """Return a pipe in place of a terminal.

    The app must not get the terminal of root: it could read what root types, and write to it.
    """
    return subprocess.PIPE if os.isatty(descriptor) else None


def send(pipe: IO[bytes]) -> None:
    """Send what people type to the command, until the end of the input."""
    with suppress(OSError), pipe:
        while data := os.read(0, BLOCK):
            pipe.write(data)
            pipe.flush()


def show(pipe: IO[bytes], descriptor: int) -> None:
    """Show the output of the command in a terminal, until it ends."""
    with suppress(OSError):
        while data := os.read(pipe.fileno(), BLOCK):
            os.write(descriptor, data)


def wait(process: subprocess.Popen, signals: list[list[str]]) -> int:
    """Wait until ``process`` ends, and return its status.

    :param signals: arguments of systemctl, which signal handlers add. As long as the unit has not
        started, these commands fail, and are repeated.
    """
    status = None
    while status is None:
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(POLL)
        # A lost connection ends systemd-run, but not its unit.
        while signals and (_succeeds("systemctl", *signals[0]) or status is not None):
            signals.pop(0)
    return status


def new_unit(app: str) -> str:
    """Return the name of a unit for a command, without its suffix."""
    pattern = layout(app).run_unit_pattern
    return pattern.replace("*", secrets.token_hex(4)).removesuffix(".service")


def command_line(
    app: str, release: str, command: list[str], unit: str, has_terminal: bool = False
) -> list[str]:
    """Return the program that runs ``command`` in a unit with the settings of a release.

    Environment variables and secrets are on no command line.
    """
    places = layout(app, release)
    settings = unit_settings(Path(places.run_settings_path).read_text(), unit)
    return [
        *("systemd-run", "--quiet", "--wait", "--collect", "--service-type=exec"),
        "--pty" if has_terminal else "--pipe",
        f"--unit={unit}",
        f"--description=Command of WSGI app {app}",
        *(f"--property={setting}" for setting in settings),
        *("/bin/sh", places.run_path, unit, str(has_terminal).lower()),
        # systemd would replace variables in arguments (systemd.service(5)).
        *(argument.replace("$", "$$") for argument in command),
    ]


def unit_settings(text: str, unit: str) -> Iterator[str]:
    """Yield the settings in ``text``, with ``%N`` as the name of the unit."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.replace("%N", unit)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def overview(app: str) -> str:
    """Return the releases, background processes and schedules of an app, for people."""
    current = current_release(app)
    records = Path(layout(app).releases_dir).glob("*/release.json")
    newest_first = sorted(records, key=lambda path: path.stat().st_mtime, reverse=True)
    lines = [app, "  releases"]
    lines += [
        f"  {'*' if path.parent.name == current else ' '} {path.parent.name}  "
        f"deployed {utc(path.stat().st_mtime)}"
        for path in newest_first
    ]
    processes = background_processes.of_release(app, current)
    if processes:
        lines.append("  background processes")
    lines += [f"    {process.unit}  {state(process.unit)}" for process in processes]
    timers = schedules.timers(app, current)
    if timers:
        lines.append("  schedules")
    lines += [f"    {timer}  {times(timer)}" for timer in timers]
    return "\n".join(lines)


def state(unit: str) -> str:
    """Return the state of a background process."""
    return units.state_of(unit)["ActiveState"]


def times(timer: str) -> str:
    """Return when a schedule runs next, and how its last run ended."""
    service = schedules.service_of(timer)
    elapses, elapsed = (
        units.time_of(timer, name) for name in ("NextElapseUSecRealtime", "LastTriggerUSec")
    )
    if state(service) == "activating":
        return f"runs since {utc(elapsed)}" if elapsed else "runs now"
    following = f"next {utc(elapses)}" if elapses else f"timer {state(timer)}"
    result = units.state_of(service)["Result"]
    last = f", last {utc(elapsed)}" if elapsed else ""
    return following + last + (f", failed ({result})" if result != "success" else "")


def utc(moment: float) -> str:
    """Return a time for people."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
