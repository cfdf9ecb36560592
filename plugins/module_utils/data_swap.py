"""Replace the data of an app by what a restore has unpacked, and put them back if that fails.

A run can be cut off at any point. ``journal.json`` is in the directory of the replaced data from
the first change until the app runs again. While it is there, :func:`undo` puts everything back, and
the next run that changes the app begins with :func:`recover`.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path

from ansible_collections.subsite.deploy.plugins.module_utils import (
    background_processes,
    lent_directory,
    units,
)
from ansible_collections.subsite.deploy.plugins.module_utils.backup_reader import TOPS
from ansible_collections.subsite.deploy.plugins.module_utils.layout import layout, release_of_unit

GRACE = 15
"""Seconds that units may take to stop, besides the time that they give their processes."""


class SwapError(Exception):
    """The data stay as they are; the message says why."""


@dataclass(frozen=True)
class Journal:
    """What there was before."""

    units: list[str]
    """The units of the app to start again."""
    directories: list[str]
    """The directories of :data:`TOPS` that it had."""

    @classmethod
    def read(cls, app: str) -> Journal | None:
        """Return the journal of a swap that has not ended; None without one."""
        try:
            return cls(**json.loads(Path(layout(app).restore_journal_path).read_text()))
        except FileNotFoundError:
            return None

    def write(self, app: str) -> None:
        """Make the directory of the replaced data, with the journal in it."""
        path = Path(layout(app).restore_journal_path)
        replaced, new = path.parent, Path(f"{path.parent}.new")
        lent_directory.remove(new)
        new.mkdir(mode=0o700)
        with (new / path.name).open("w") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        lent_directory.remove(replaced)
        new.rename(replaced)


def begin(app: str, timeout: float) -> None:
    """Stop the app, and put what is unpacked in place of its data.

    :param timeout: seconds that the web process has to end its requests.
    :raises SystemctlError: when a unit does not stop.
    """
    places = layout(app)
    state = Path(places.state_dir)
    running = _running(app)
    Journal(
        [unit for unit in running if _starts_again(app, unit)],
        [name for name in TOPS if (state / name).exists()],
    ).write(app)
    _stop(app, running, timeout)
    for name in TOPS:
        if (state / name).exists():
            (state / name).rename(Path(places.replaced_dir, name))
        Path(places.restore_dir, name).rename(state / name)
    lent_directory.remove(Path(places.restore_dir))
    os.sync()


def end(app: str) -> str:
    """Start what ran before, and return where the replaced data are; empty if there were none.

    :raises SwapError: when no swap has begun.
    :raises SystemctlError: when a unit does not start.
    """
    places = layout(app)
    journal = Journal.read(app)
    if journal is None:
        raise SwapError(f"There is no {places.restore_journal_path}.")
    _start(journal)
    if not journal.directories:
        lent_directory.remove(Path(places.replaced_dir))
        return ""
    Path(places.restore_journal_path).unlink()
    return places.replaced_dir


def undo(app: str, timeout: float) -> bool:
    """Put the data back that a swap has replaced, start what ran before, and return whether it did.

    It does nothing if no swap is under way. What is unpacked is removed in any case.

    :raises SwapError: when a unit does not start with these data.
    :raises SystemctlError: when a unit does not stop.
    """
    places = layout(app)
    state, journal = Path(places.state_dir), Journal.read(app)
    if journal:
        _stop(app, _running(app), timeout)
        for name in TOPS:
            previous = Path(places.replaced_dir, name)
            if previous.exists():
                lent_directory.remove(state / name)
                previous.rename(state / name)
            elif name not in journal.directories:
                lent_directory.remove(state / name)
        os.sync()
        try:
            _start(journal)
        except units.SystemctlError as error:
            raise SwapError(
                f"{app} has the data that it had before, but does not start: {error}"
            ) from error
        finally:  # a later run must not put the same data back again
            lent_directory.remove(Path(places.replaced_dir))
    lent_directory.remove(Path(places.restore_dir))
    return journal is not None


def recover(app: str, timeout: float) -> bool:
    """Do the same after a run that was cut off, unless people have started the app since.

    :raises SwapError: when they have, since the data may be newer then; or as :func:`undo` does.
    :raises SystemctlError: when a unit does not stop.
    """
    places = layout(app)
    replaced = any(Path(places.replaced_dir, name).exists() for name in TOPS)
    if replaced and Journal.read(app) and _running(app):
        raise SwapError(
            f"A restore of {app} was cut off, and the app was started since. Its data may be newer "
            f"than those from before the restore, which are in {places.replaced_dir}. To keep the "
            f"newer ones, remove {places.restore_journal_path}. To have those from before, stop "
            f"the app: systemctl stop '{places.unit_prefix}.*' '{places.unit_prefix}_*'. Then run "
            "again."
        )
    return undo(app, timeout)


def _start(journal: Journal) -> None:
    """Start what ran before, except units of an app that was removed since."""
    names = [unit for unit in journal.units if units.show(unit, "LoadState") != "not-found"]
    if names:
        units.systemctl("start", *names)


def _running(app: str) -> list[str]:
    """Return the units of the app that run, of all releases."""
    places = layout(app)
    found = units.running(*places.unit_patterns, places.run_unit_pattern)
    return [unit for unit in found if not unit.endswith(".slice")]


def _starts_again(app: str, unit: str) -> bool:
    """Return whether a unit that a restore has stopped belongs to the app that runs.

    Setup commands are of a deploy that the restore has superseded. A command of a schedule or of an
    operator may have ended in its middle.
    """
    places = layout(app)
    once = (places.setup_unit, places.run_unit_pattern, places.schedule_unit_pattern)
    is_once = any(fnmatch(unit, pattern) for pattern in once)
    return unit.endswith(".timer") or not is_once


def _stop(app: str, names: list[str], timeout: float) -> None:
    """Stop units, at last by force."""
    processes = [name for name in names if name.startswith(f"{layout(app).unit_prefix}_process_")]
    timeouts = [
        process.stop_timeout
        for release in {release_of_unit(name) for name in processes}
        for process in background_processes.of_release(app, release)
    ]
    units.stop(names, timeout=max([timeout, *timeouts]) + GRACE)
