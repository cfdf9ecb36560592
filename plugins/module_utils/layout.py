"""Where everything of an app is on its host, derived from its name."""

from __future__ import annotations

from dataclasses import dataclass

ROOT = "/srv/wsgi"
STATE_ROOT = "/var/lib/wsgi"
UNIT_DIR = "/etc/systemd/system"
QUADLET_DIR = "/etc/containers/systemd"
RUNTIME_UNIT_DIR = "/run/systemd/system"
"""Units and drop-ins that last until the next boot."""

UNIT_DIRS = (UNIT_DIR, QUADLET_DIR, RUNTIME_UNIT_DIR)

MARKER = "Written by subsite.deploy.wsgi_app"
"""Each file of the role that has comments begins with this one."""


@dataclass(frozen=True)
class Layout:
    """The user, paths, units and image of an app, and of one of its releases."""

    root: str
    state_root: str
    unit_dir: str
    quadlet_dir: str
    runtime_unit_dir: str
    marker: str

    user: str
    home: str
    releases: str
    environments: str
    repository: str
    engine: str
    """The command of rootless podman."""
    engine_storage: str
    tools: str
    """uv, for all apps of the host."""
    cache: str
    state_dir: str
    data_dir: str
    shared_dir: str
    public_dir: str
    socket: str
    claim: str
    """Names the latest run that changes the app."""

    unit: str
    """What the names of all units of the app begin with."""
    socket_unit: str
    current_unit: str
    """A link to the service of the release that serves."""
    unit_patterns: list[str]
    image: str

    release_dir: str
    diagnosis_key: str
    service: str
    setup_service: str
    slice: str
    probation: str
    """A drop-in that keeps systemd from restarting the release before it has proved its health."""
    release_artifacts: list[str]
    """All paths that a release may have, with any backend."""


def layout(name: str, release: str = "*") -> Layout:
    """Return the layout of the app ``name``.

    Without a ``release``, paths of a release are patterns that match those of all releases.
    """
    home = f"{ROOT}/{name}"
    state_dir = f"{STATE_ROOT}/{name}"
    unit = f"wsgi-{name}"
    # systemd takes a hyphen in a slice's name for a level of the hierarchy.
    slice_unit = unit.replace("-", "_")
    release_dir = f"{home}/releases/{release}"
    service = f"{unit}.{release}.service"
    setup_service = f"{unit}_setup.{release}.service"
    drop_ins = f"{RUNTIME_UNIT_DIR}/{service}.d"
    return Layout(
        root=ROOT,
        state_root=STATE_ROOT,
        unit_dir=UNIT_DIR,
        quadlet_dir=QUADLET_DIR,
        runtime_unit_dir=RUNTIME_UNIT_DIR,
        marker=MARKER,
        user=unit,
        home=home,
        releases=f"{home}/releases",
        environments=f"{home}/environments",
        repository=f"{home}/repository",
        engine=f"{home}/podman",
        # Container root is an unprivileged UID on the host. It needs execute permission here.
        engine_storage=f"{ROOT}/.containers/{name}",
        tools=f"{ROOT}/.tools",
        cache=f"/var/cache/wsgi/{name}",
        state_dir=state_dir,
        data_dir=f"{state_dir}/data",
        shared_dir=f"{state_dir}/shared",
        public_dir=f"{state_dir}/public",
        socket=f"/run/wsgi/{name}.sock",
        claim=f"/run/subsite/{name}",
        unit=unit,
        socket_unit=f"{UNIT_DIR}/{unit}.socket",
        current_unit=f"{UNIT_DIR}/{unit}.service",
        unit_patterns=[f"{unit}.*", f"{unit}_setup.*", f"{slice_unit}.*"],
        image=f"localhost/{unit}",
        release_dir=release_dir,
        diagnosis_key=f"{release_dir}/diagnosis.key",
        service=service,
        setup_service=setup_service,
        slice=f"{slice_unit}.{release}.slice",
        probation=f"{drop_ins}/probation.conf",
        release_artifacts=[
            f"{UNIT_DIR}/{service}",
            f"{UNIT_DIR}/{setup_service}",
            f"{UNIT_DIR}/{slice_unit}.{release}.slice",
            f"{QUADLET_DIR}/{unit}.{release}.container",
            f"{QUADLET_DIR}/{unit}_setup.{release}.container",
            drop_ins,
            release_dir,
        ],
    )
