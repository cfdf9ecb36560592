"""Switch an app to another release: start it, make it current, and stop the previous one.

The host runs this in a unit of its own. A switch that has begun also ends without the controller,
and then one release serves.

    python3 -m ansible_collections.subsite.deploy.plugins.module_utils.switch <switch.json
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    background_processes,
    claim,
    deployments,
    probation,
    schedules,
    units,
)
from ansible_collections.subsite.deploy.plugins.module_utils.background_processes import Process
from ansible_collections.subsite.deploy.plugins.module_utils.file_lock import locked
from ansible_collections.subsite.deploy.plugins.module_utils.layout import (
    address_of,
    layout,
    release_of_unit,
)
from ansible_collections.subsite.deploy.plugins.module_utils.listening_socket import altered
from ansible_collections.subsite.deploy.plugins.module_utils.path_state import PathState
from ansible_collections.subsite.deploy.plugins.module_utils.probation import ProbationError
from ansible_collections.subsite.deploy.plugins.module_utils.units import SystemctlError

GRACE = 15
"""Seconds that units may take to stop, besides the time that they give their processes."""

ROOT_FILE = {
    "content": None,
    "link": None,
    "absent": None,
    "secret": None,
    "key": None,
    "directory": None,
    "owner": "root",
    "group": "root",
    "mode": None,
}
"""An entry of the module file_set with its defaults, for files and links of root's."""


class SwitchError(Exception):
    """The release cannot serve; the message says why."""


FAILURES = (SwitchError, ProbationError, SystemctlError, OSError)


@dataclass(frozen=True)
class Switch:
    """A release to switch to, and the files that make it current (entries of file_set)."""

    app: str
    release: str
    claim: str
    moves_socket: bool
    """Whether the socket has to be created again, for example at another address."""
    stops_on_failure: bool
    """Whether the release stops if it cannot serve."""
    stop_timeout: float
    """Seconds that a web process has to end its requests."""
    probation_files: list[dict]
    current_files: list[dict]
    deployment: dict
    """Who switches, and what changes (an entry of :mod:`deployments`)."""
    pins: bool
    """Whether the app stays at this release until the pin is lifted."""

    @property
    def to_json(self) -> str:
        """The text that :func:`main` reads."""
        return json.dumps(asdict(self))

    def run(self) -> None:
        """Switch to the release.

        :raises FAILURES: when the release cannot serve. Then the previous one serves as before,
            with its background processes.
        """
        app = layout(self.app, self.release)
        new = background_processes.of_release(self.app, self.release)
        others = [
            process
            for process in self._running_processes()
            if release_of_unit(process.unit) != self.release
        ]
        # A process that is exclusive in one of two releases must not run in both.
        exclusive = background_processes.exclusive_names([*new, *others])
        ended = [process.unit for process in others if process.name in exclusive]
        outdated = schedules.outdated_timers(self.app, self.release)
        again = [*ended, *units.running(app.socket_unit, *outdated)]
        # systemd starts no socket while a service of it runs. A process that has shut down the
        # socket can let it fail.
        blocking = [] if units.is_active(app.socket_unit) else self._running_services()
        if blocking:
            again.append(app.socket_unit)
        self._check_claim()
        try:
            place(self.probation_files)
            self._stop(blocking)
            start_web(app.service_unit)
            probation.start(self.app, (process for process in new if process.name not in exclusive))
            self._stop(ended)
            probation.start(self.app, (process for process in new if process.name in exclusive))
            self._check_claim()
            reloading = time.monotonic()
            self._make_current(outdated)
        except FAILURES as error:
            failed = [app.service_unit, *(process.unit for process in new)]
            try:
                self._go_back(failed, again)
            except (SystemctlError, OSError) as second:
                raise SwitchError(f"{error}\n{second}") from error
            raise
        reloaded = time.monotonic()
        try:
            self._record()
        finally:  # a full disk must not leave two releases
            units.systemctl("enable", "--now", app.socket_unit)
            units.systemctl("start", app.leave_unit)
            schedules.start_timers(self.app, self.release)
            self._stop_others()
            schedules.end_runs(self.app, reloading, reloaded)

    def _go_back(self, failed: list[str], again: list[str]) -> None:
        """Stop the units that ``failed``, and start those ``again`` that stopped for them."""
        try:
            if self.stops_on_failure:
                self._stop(failed)
        finally:
            if again:
                units.systemctl("start", *again)

    def _make_current(self, outdated: list[str]) -> None:
        """Make the release current.

        :param outdated: the timers that have to start anew.
        """
        # If the power fails here, the next run sees that it has to switch.
        if self.moves_socket:
            self._stop_socket()
        self._stop(outdated)
        place(
            schedules.removal(self.app, self.release, outdated),
            [*self.current_files, *schedules.unit_files(self.app, self.release)],
        )
        app = layout(self.app)
        listen = address_of(Path(app.socket_unit_path))
        if listen and not listen.startswith("/"):
            # systemd gives a socket its new list of clients then, not at daemon-reload.
            units.systemctl("set-property", "--runtime", app.socket_unit, "IPAccounting=false")

    def _record(self) -> None:
        deployments.record(self.app, self.release, self.deployment)
        if self.pins:
            deployments.pin(self.app, self.release, self.deployment["by"])

    def _stop_others(self) -> None:
        """Let all other releases end their requests and tasks, and stop them."""
        self._stop(unit for unit in self._running() if release_of_unit(unit) != self.release)
        # The previous release can alter the socket while it stops. systemd may have removed the
        # socket then, and starts no socket while its service runs.
        app = layout(self.app)
        if altered(address_of(Path(app.socket_unit_path))):
            self._stop_socket()
            units.systemctl("start", app.socket_unit)

    def _stop_socket(self) -> None:
        app = layout(self.app)
        self._stop([app.socket_unit, *units.running(app.service_unit)])

    def _running_services(self) -> list[str]:
        """Return the services of all releases that run and have the socket."""
        app = layout(self.app)
        return list(units.running(app.service_unit, app.unavailable_unit))

    def _running(self) -> list[str]:
        """Return the units of all releases that run, and the targets that started some."""
        app = layout(self.app)
        patterns = (app.service_unit, app.process_unit_pattern, app.processes_unit)
        return list(units.running(*patterns))

    def _running_processes(self) -> list[Process]:
        """Return the background processes of all releases that run."""
        found = units.running(layout(self.app).process_unit_pattern)
        releases = sorted({release_of_unit(unit) for unit in found})
        processes = [
            process
            for release in releases
            for process in background_processes.of_release(self.app, release)
        ]
        return [process for process in processes if process.unit in found]

    def _stop(self, names: Iterable[str]) -> None:
        """Stop units, at last by force."""
        timeouts = [process.stop_timeout for process in self._running_processes()]
        units.stop(list(names), timeout=max([self.stop_timeout, *timeouts]) + GRACE)

    def _check_claim(self) -> None:
        if not claim.is_current(self.app, self.claim):
            raise SwitchError(claim.SUPERSEDED.format(name=self.app))


def start_web(unit: str) -> None:
    """Start the web process, which is healthy when it has started.

    :raises SwitchError: when it does not start.
    """
    is_starting = units.state_of(unit)["ActiveState"] in ("activating", "deactivating")
    try:
        units.systemctl("restart" if is_starting else "start", unit)
    except SystemctlError as error:
        result = units.state_of(unit)["Result"]
        raise SwitchError(f"The web process did not start ({result}).") from error


def place(*steps: list[dict]) -> None:
    """Place files, and let systemd read them after each step; change nothing if that fails."""
    before: list[tuple[str, PathState]] = []
    try:
        for entries in filter(None, steps):
            for entry in entries:
                path, found = entry["dest"], PathState.read(entry["dest"])
                before.append((path, found))
                wanted(entry, found).place(path)
            units.systemctl("daemon-reload")
    except (SystemctlError, OSError):
        for path, state in reversed(before):
            state.place(path)
        raise


def wanted(entry: dict, before: PathState) -> PathState:
    """Return what ``entry`` asks for, of files and links of root's."""
    return PathState.wanted({**ROOT_FILE, **entry}, before)


def main() -> None:
    """Switch as standard input says, and print the reason if that fails."""
    try:
        switch = Switch(**json.load(sys.stdin))
        with locked(Path(layout(switch.app).switch_lock_path)):
            switch.run()
    except FAILURES as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
