"""Start background processes of a release, which have to prove that they work."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from typing import IO

from ansible_collections.subsite.deploy.plugins.module_utils import units, wsgi_run
from ansible_collections.subsite.deploy.plugins.module_utils.background_processes import Process
from ansible_collections.subsite.deploy.plugins.module_utils.layout import release_of_unit

LOOK = 0.2
"""Seconds between two looks at processes on probation."""

OUTPUT = 1000
"""How many bytes of a failed check's output are shown: the last ones."""


class ProbationError(Exception):
    """A background process does not work; the message says why."""


def start(app: str, processes: Iterable[Process]) -> None:
    """Start background processes of ``app``, and wait for the end of their probation.

    A process with a check has to pass it within the seconds of its probation. Another process has
    to stay up for these seconds.

    :raises ProbationError: when one does not, or ends in this time.
    """
    started = list(processes)
    if not started:
        return
    names = [process.unit for process in started]
    restarts = {name: units.state_of(name)["NRestarts"] for name in units.running(*names)}
    _start_units(started)
    with ExitStack() as files:
        on_probation = [
            Probation(
                app,
                process,
                restarts.get(process.unit, "0"),
                files.enter_context(tempfile.TemporaryFile()),
            )
            for process in started
        ]
        while on_probation:
            # A process that does nothing wrong sends no event. That it still runs when the time of
            # its probation has passed is the condition; the looks between find a failure early.
            time.sleep(LOOK)
            on_probation = [each for each in on_probation if not each.is_over()]


def _start_units(processes: list[Process]) -> None:
    """Start the units of ``processes``.

    :raises ProbationError: when systemd cannot start the program of one.
    """
    try:
        units.systemctl("start", *(process.unit for process in processes))
    except units.SystemctlError as error:
        for process in processes:
            state = units.state_of(process.unit)
            if state["ActiveState"] != "active":
                raise ProbationError(
                    f"The background process {process.name!r} of wsgi_app_processes did not start "
                    f"({state['Result']}, status {state['ExecMainStatus']})."
                ) from error
        raise


class Probation:
    """The time in which a background process has to prove that it works."""

    def __init__(self, app: str, process: Process, restarts: str, output: IO[bytes]) -> None:
        """Begin the probation.

        :param restarts: how often systemd had started the process again before.
        :param output: a file for the output of the check.
        """
        self.app, self.process, self.restarts, self.output = app, process, restarts, output
        self.end = time.monotonic() + process.probation
        self.check: subprocess.Popen | None = None

    def is_over(self) -> bool:
        """Return whether the process has proved that it works.

        :raises ProbationError: when it has ended, or its check still fails at the end.
        """
        is_last = time.monotonic() >= self.end
        passes = self._passes() if self.process.check else is_last
        self._check_is_up()
        if self.check and self.check.poll() and is_last:
            raise ProbationError(
                f"The background process {self.process.name!r} of wsgi_app_processes did not pass "
                f"its check within {self.process.probation:g} s. {self.process.check!r} ended with "
                f"status {self.check.returncode}:\n{self._last_output()}"
            )
        return passes

    def _passes(self) -> bool:
        """Return whether the check has succeeded, and start it, again if it has failed."""
        if self.check is None or (self.check.poll() and time.monotonic() < self.end):
            self._start_check()
        return self.check is not None and self.check.poll() == 0

    def _start_check(self) -> None:
        release = release_of_unit(self.process.unit)
        command = ["sh", "-c", self.process.check]
        program, *options = wsgi_run.command_line(
            self.app, release, command, wsgi_run.new_unit(self.app)
        )
        seconds = max(1, self.end - time.monotonic())
        self.output.truncate(0)
        self.output.seek(0)
        # Not a pipe: a process of the app that keeps a pipe open would block root.
        self.check = subprocess.Popen(
            [program, f"--property=RuntimeMaxSec={seconds:.1f}", *options],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
        )

    def _last_output(self) -> str:
        self.output.seek(0, 2)
        self.output.seek(max(0, self.output.tell() - OUTPUT))
        return self.output.read(OUTPUT).decode(errors="replace").strip()

    def _check_is_up(self) -> None:
        """Check that the process runs, and that systemd has not started it again since.

        :raises ProbationError: when it does not, or systemd has.
        """
        state = units.state_of(self.process.unit)
        if (state["ActiveState"], state["NRestarts"]) != ("active", self.restarts):
            raise ProbationError(
                f"The background process {self.process.name!r} of wsgi_app_processes ended within "
                f"{self.process.probation:g} s ({state['Result']}, status "
                f"{state['ExecMainStatus']}). It has to stay up."
            )
