"""Start background processes of a release, which have to prove that they work."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable

from ansible_collections.subsite.deploy.plugins.module_utils import units, wsgi_run
from ansible_collections.subsite.deploy.plugins.module_utils.background_processes import Process
from ansible_collections.subsite.deploy.plugins.module_utils.layout import release_of_unit

LOOK = 0.2
"""Seconds between two looks at processes on probation."""

OUTPUT = 1000
"""How many characters of a failed check are shown: the last ones."""


class ProbationError(Exception):
    """A background process does not work; the message says why."""


def start(app: str, processes: Iterable[Process]) -> None:
    """Start background processes of ``app``, and wait for the end of their probation.

    A process with a check has to pass it within the seconds of its probation. Another process has
    to stay up for these seconds.

    :raises ProbationError: when one does not, or ends in this time.
    """
    on_probation = list(processes)
    if not on_probation:
        return
    names = [process.unit for process in on_probation]
    restarts = {name: units.state_of(name)["NRestarts"] for name in units.running(*names)}
    units.systemctl("start", *names)
    began = time.monotonic()
    while on_probation:
        for process in on_probation:
            check_is_up(process, restarts.get(process.unit, "0"))
        # A process that does nothing wrong sends no event. That it still runs when the time of its
        # probation has passed is the condition; the looks between find a failure early.
        time.sleep(LOOK)
        on_probation = [
            process
            for process in on_probation
            if not has_passed(app, process, time.monotonic() - began)
        ]


def check_is_up(process: Process, restarts: str) -> None:
    """Check that ``process`` runs, and that systemd has not started it again since.

    :param restarts: how often systemd had started it again before.
    :raises ProbationError: when it does not, or systemd has.
    """
    state = units.state_of(process.unit)
    if (state["ActiveState"], state["NRestarts"]) != ("active", restarts):
        raise ProbationError(
            f"The background process {process.name!r} of wsgi_app_processes ended within "
            f"{process.probation:g} s ({state['Result']}, status {state['ExecMainStatus']}). "
            "It has to stay up."
        )


def has_passed(app: str, process: Process, seconds: float) -> bool:
    """Return whether the probation of ``process`` is over, ``seconds`` after its start.

    :raises ProbationError: when its check has still failed at the end of this time.
    """
    if not process.check:
        return seconds >= process.probation
    unit = wsgi_run.new_unit(app)
    command = wsgi_run.command_line(
        app, release_of_unit(process.unit), ["sh", "-c", process.check], unit
    )
    limit = f"--property=RuntimeMaxSec={process.probation}"
    done = subprocess.run(
        [command[0], limit, *command[1:]],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0 and seconds >= process.probation:
        raise ProbationError(
            f"The background process {process.name!r} of wsgi_app_processes did not pass its check "
            f"within {process.probation:g} s. {process.check!r} ended with status "
            f"{done.returncode}:\n{done.stdout.decode(errors='replace').strip()[-OUTPUT:]}"
        )
    return done.returncode == 0
