"""Where everything of an app is on its host, derived from its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = "/srv/wsgi"
TOOLS_DIR = f"{ROOT}/.tools"
STATE_ROOT = "/var/lib/wsgi"
UNIT_DIR = "/etc/systemd/system"
QUADLET_DIR = "/etc/containers/systemd"
RUNTIME_UNIT_DIR = "/run/systemd/system"
"""Units and drop-ins that last until the next boot."""

TIMER_WANTS_DIR = f"{UNIT_DIR}/timers.target.wants"
"""Links to the timers that start at boot."""

TIMER_STAMP_DIR = "/var/lib/systemd/timers"
"""When timers with ``Persistent=`` last elapsed (systemd.timer(5))."""

CONTROL_DIR = "/run/systemd/system.control"
"""Drop-ins of ``systemctl set-property --runtime``."""

UNIT_DIRS = (
    UNIT_DIR,
    QUADLET_DIR,
    RUNTIME_UNIT_DIR,
    CONTROL_DIR,
    TIMER_WANTS_DIR,
    TIMER_STAMP_DIR,
)

MARKER = "Written by subsite.deploy.wsgi_app"
"""Each file of the role that has comments begins with this one."""


@dataclass(frozen=True)
class Layout:
    """The user, paths, units and image of an app, and of one of its releases.

    A ``_dir`` is a directory, a ``_path`` another absolute path, and a ``_unit`` the file name of a
    unit. The fields after ``release_dir`` belong to a release, too.
    """

    root_dir: str
    state_root_dir: str
    unit_dir: str
    quadlet_dir: str
    marker: str

    user: str
    build_user: str
    """Runs the builds on the host. No process of the app is of this user."""
    app_dir: str
    releases_dir: str
    after_switch_path: str
    """A file with the last switch, until all tasks of wsgi_app_after_switch are done."""
    environments_dir: str
    repository_dir: str
    podman_path: str
    """A script that runs podman as the app's user, for backend rootless_podman."""
    podman_storage_dir: str
    tools_dir: str
    """Has uv and the program of wsgi-run, for all apps of the host."""
    library_dir: str
    """Where Python finds the program of wsgi-run."""
    wsgi_run_path: str
    cache_dir: str
    """Downloads of builds; the home directory of their user."""
    state_dir: str
    data_dir: str
    """The home directory of the app's user."""
    shared_dir: str
    public_dir: str
    restore_dir: str
    """What a restore unpacks, until it becomes the data."""
    replaced_dir: str
    """The data that the last restore has replaced."""
    restore_journal_path: str
    """Exists from when a restore begins to replace the data until the app runs again."""
    static_dir: str
    """The static files of each release, and links to those of the releases that nginx serves."""
    static_current_path: str
    static_previous_path: str
    static_next_path: str
    """The release that is being started."""
    socket_path: str
    claim_path: str
    """A file that names the latest run that changes the app."""
    failure_path: str
    """The output of a failed build, until the run reports it."""
    build_lock_path: str
    """Locked while an image of the app is built."""
    switch_lock_path: str
    """Locked while the host switches to another release."""
    deployments_path: str
    """Which releases became current, when and by whom (:mod:`deployments`)."""
    refreshed_path: str
    """A file with the number of times that the environments were refreshed."""
    pin_path: str
    """Exists while the app is pinned to its current release."""

    unit_prefix: str
    """What the names of all units of the app begin with. The log has it as identifier."""
    run_unit_pattern: str
    """The units of commands that people run."""
    socket_unit: str
    socket_unit_path: str
    leave_unit: str
    """A service that lets the app refuse new connections when its host leaves."""
    leave_unit_path: str
    current_unit: str
    current_unit_path: str
    """A link to the service of the release that serves."""
    current_processes_unit: str
    current_processes_unit_path: str
    """A link to the target of the background processes of the release that serves."""
    unit_patterns: list[str]
    image_name: str
    """Its tags are releases."""

    release_dir: str
    static_release_dir: str
    diagnosis_key_path: str
    description_path: str
    """What the release is made of, by name (:mod:`release_changes`). Only root can read it."""
    service_unit: str
    setup_unit: str
    unavailable_unit: str
    """A service that answers requests while the release cannot start."""
    slice_unit: str
    processes_unit: str
    """A target that starts all background processes of a release."""
    process_unit_pattern: str
    processes_path: str
    """The background processes of a release (:class:`background_processes.Process`)."""
    process_commands_dir: str
    schedule_unit_pattern: str
    """The timers and services of the schedules. They have no release in their names."""
    schedule_units_dir: str
    """These units as a release has them. They are copied when it becomes current."""
    schedule_commands_dir: str
    run_path: str
    """A script that runs a command of people in the release."""
    run_settings_path: str
    """The settings of the unit that runs it, one in each line."""
    run_command_path: str
    """What this script starts where the app runs."""
    probation_path: str
    """A drop-in that keeps systemd from restarting the release before it has proved its health."""
    release_paths: list[str]
    """All paths that a release may have besides its units, with any backend."""


def layout(name: str, release: str = "*") -> Layout:
    """Return the layout of the app ``name``.

    Without a ``release``, names and paths of a release are patterns that match all releases.
    """
    app_dir = f"{ROOT}/{name}"
    state_dir = f"{STATE_ROOT}/{name}"
    unit_prefix = f"wsgi-{name}"
    # systemd takes a hyphen in a slice's name for a level of the hierarchy.
    slice_prefix = unit_prefix.replace("-", "_")
    static_dir = f"{state_dir}/static"
    release_dir = f"{app_dir}/releases/{release}"
    static_release_dir = f"{static_dir}/{release}"
    service_unit = f"{unit_prefix}.{release}.service"
    setup_unit = f"{unit_prefix}_setup.{release}.service"
    unavailable_unit = f"{unit_prefix}_unavailable.{release}.service"
    slice_unit = f"{slice_prefix}.{release}.slice"
    processes_unit = f"{unit_prefix}_processes.{release}.target"
    drop_in_dir = f"{RUNTIME_UNIT_DIR}/{service_unit}.d"
    return Layout(
        root_dir=ROOT,
        state_root_dir=STATE_ROOT,
        unit_dir=UNIT_DIR,
        quadlet_dir=QUADLET_DIR,
        marker=MARKER,
        user=f"wsgi-{name}",
        # As short as the app's user, and no app's user: users have at most 32 characters.
        build_user=f"wsgi_{name}",
        app_dir=app_dir,
        releases_dir=f"{app_dir}/releases",
        after_switch_path=f"{app_dir}/after_switch",
        environments_dir=f"{app_dir}/environments",
        repository_dir=f"{app_dir}/repository",
        podman_path=f"{app_dir}/podman",
        # Container root is an unprivileged UID on the host. It needs execute permission here.
        podman_storage_dir=f"{ROOT}/.containers/{name}",
        tools_dir=TOOLS_DIR,
        library_dir=f"{TOOLS_DIR}/lib",
        wsgi_run_path="/usr/local/bin/wsgi-run",
        cache_dir=f"/var/cache/wsgi/{name}",
        state_dir=state_dir,
        data_dir=f"{state_dir}/data",
        shared_dir=f"{state_dir}/shared",
        public_dir=f"{state_dir}/public",
        restore_dir=f"{state_dir}/restore",
        replaced_dir=f"{state_dir}/replaced",
        restore_journal_path=f"{state_dir}/replaced/journal.json",
        static_dir=static_dir,
        static_current_path=f"{static_dir}/current",
        static_previous_path=f"{static_dir}/previous",
        static_next_path=f"{static_dir}/next",
        socket_path=f"/run/wsgi/{name}.sock",
        claim_path=f"/run/subsite/{name}",
        failure_path=f"/run/subsite/{name}.failure",
        build_lock_path=f"/run/subsite/{name}.build",
        switch_lock_path=f"/run/subsite/{name}.switch",
        deployments_path=f"{app_dir}/deployments.json",
        refreshed_path=f"{app_dir}/refreshed",
        pin_path=f"{app_dir}/pin.json",
        unit_prefix=unit_prefix,
        run_unit_pattern=f"{unit_prefix}_run_*.service",
        socket_unit=f"{unit_prefix}.socket",
        socket_unit_path=f"{UNIT_DIR}/{unit_prefix}.socket",
        leave_unit=f"{unit_prefix}_leave.service",
        leave_unit_path=f"{UNIT_DIR}/{unit_prefix}_leave.service",
        current_unit=f"{unit_prefix}.service",
        current_unit_path=f"{UNIT_DIR}/{unit_prefix}.service",
        current_processes_unit=f"{unit_prefix}_processes.target",
        current_processes_unit_path=f"{UNIT_DIR}/{unit_prefix}_processes.target",
        unit_patterns=[
            f"{unit_prefix}.*",
            f"{unit_prefix}_leave.*",
            f"{unit_prefix}_setup.*",
            f"{unit_prefix}_unavailable.*",
            f"{unit_prefix}_process_*",
            f"{unit_prefix}_processes.*",
            f"{unit_prefix}_schedule_*",
            f"stamp-{unit_prefix}_schedule_*",
            f"{slice_prefix}.*",
        ],
        image_name=f"localhost/wsgi-{name}",
        release_dir=release_dir,
        static_release_dir=static_release_dir,
        diagnosis_key_path=f"{release_dir}/diagnosis.key",
        description_path=f"{release_dir}/description.json",
        service_unit=service_unit,
        setup_unit=setup_unit,
        unavailable_unit=unavailable_unit,
        slice_unit=slice_unit,
        processes_unit=processes_unit,
        process_unit_pattern=f"{unit_prefix}_process_*.{release}.service",
        processes_path=f"{release_dir}/processes.json",
        process_commands_dir=f"{release_dir}/processes",
        schedule_unit_pattern=f"{unit_prefix}_schedule_*",
        schedule_units_dir=f"{release_dir}/schedule_units",
        schedule_commands_dir=f"{release_dir}/schedules",
        run_path=f"{release_dir}/run",
        run_settings_path=f"{release_dir}/run_settings",
        run_command_path=f"{release_dir}/run_command.py",
        probation_path=f"{drop_in_dir}/probation.conf",
        release_paths=[
            static_release_dir,
            f"{static_release_dir}.partial",
            # The last one: a release without it is not found again.
            release_dir,
        ],
    )


def release_of_unit(unit: str) -> str:
    """Return the release that a unit's file name has between its first two dots."""
    return unit.split(".")[1]


def current_release(name: str) -> str:
    """Return the release of the app ``name`` that serves, or an empty string."""
    try:
        return release_of_unit(os.readlink(layout(name).current_unit_path))
    except OSError:
        return ""


def address_of(unit: Path) -> str:
    """Return the address that a socket unit listens on, or an empty string."""
    try:
        return unit.read_text().partition("ListenStream=")[2].partition("\n")[0]
    except OSError:
        return ""
