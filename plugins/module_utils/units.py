"""Ask systemd about units, and start and stop them (systemctl(1))."""

from __future__ import annotations

import calendar
import os
import re
import subprocess
import time

ADVICE = re.compile(r'^See "systemctl status .*(\n|$)', re.MULTILINE)
"""What systemctl advises for a unit that fails. The unit of a failed release is gone by then."""

RUNNING = "active,activating,reloading,deactivating"


class SystemctlError(Exception):
    """systemctl failed; the message has its output."""


def running(*patterns: str) -> dict[str, str]:
    """Return the units that run, by name, with their states, as ``activating``."""
    return in_state(RUNNING, *patterns)


def in_state(states: str, *patterns: str) -> dict[str, str]:
    """Return the units that have one of ``states``, by name, with this state."""
    options = ("--plain", "--no-legend", "--full", f"--state={states}")
    lines = systemctl("list-units", *options, *patterns).splitlines()
    return {unit: state for unit, _load, state, *_more in map(str.split, lines)}


def is_active(unit: str) -> bool:
    """Return whether ``unit`` is active."""
    return state_of(unit)["ActiveState"] == "active"


def state_of(unit: str) -> dict[str, str]:
    """Return the state of ``unit``, how its main process ended, and how often it was restarted."""
    properties = "ActiveState,NRestarts,Result,ExecMainStatus"
    return dict(
        line.split("=", 1)
        for line in systemctl("show", f"--property={properties}", unit).splitlines()
    )


def show(unit: str, name: str) -> str:
    """Return the property ``name`` of ``unit``, with times in UTC."""
    return systemctl("show", f"--property={name}", "--value", unit, TZ="UTC").strip()


def time_of(unit: str, name: str) -> float:
    """Return the property ``name`` of ``unit``, in seconds since the epoch; 0 if it has none."""
    text = show(unit, name)
    return calendar.timegm(time.strptime(text, "%a %Y-%m-%d %H:%M:%S %Z")) if text else 0


def monotonic(unit: str, name: str) -> float:
    """Return the property ``name`` of ``unit``, a time of ``time.monotonic``, in seconds."""
    return int(show(unit, name)) / 1e6


def stop(units: list[str], timeout: float) -> None:
    """Stop ``units``, and kill them if they have not stopped within ``timeout`` seconds.

    The main process can delay its stop without limit (EXTEND_TIMEOUT_USEC= in sd_notify(3)).
    """
    if not units:
        return
    try:
        systemctl("stop", *units, timeout=timeout)
    except subprocess.TimeoutExpired:
        subprocess.run(["systemctl", "kill", "--signal=KILL", *units], check=False)
        systemctl("stop", *units)
    # A unit that was stopped while it crashed would count as failed.
    subprocess.run(["systemctl", "reset-failed", *units], check=False, capture_output=True)


def systemctl(*arguments: str, timeout: float | None = None, **variables: str) -> str:
    """Run systemctl, with these environment variables besides others, and return its output.

    :raises SystemctlError: when it fails.
    :raises subprocess.TimeoutExpired: when it has not ended within ``timeout`` seconds.
    """
    done = subprocess.run(
        ["systemctl", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **variables},
    )
    if done.returncode != 0:
        raise SystemctlError(ADVICE.sub("", done.stderr).strip())
    return done.stdout
