"""systemd accepts the units that the role writes."""

import re
import subprocess
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import (
    layout,
    listening_socket,
    transient_unit,
)


@pytest.fixture
def units(wsgi_app, inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write the units of an app and the programs that they start; return their paths."""

    def units(settings: dict) -> list[Path]:
        docker = tmp_path / "docker"
        monkeypatch.setattr(layout, "ROOT", f"{tmp_path}/srv")
        inputs_ = {**inputs, **settings}
        gunicorn = Path(wsgi_app.value("__wsgi_app_release_dir", inputs_), "venv/bin/gunicorn")
        gunicorn.parent.mkdir(parents=True)
        podman = Path(wsgi_app.value("__wsgi_app_layout.podman_path", inputs_))
        for program in (gunicorn, docker, podman):
            program.touch(mode=0o755)
        texts = wsgi_app.texts("__wsgi_app_release_files + __wsgi_app_current_files", inputs_)
        kinds = (".service", ".slice", ".socket", ".target", ".timer")
        names = [name for name in texts if name.endswith(kinds)]
        for name in names:
            # This machine may have no docker.
            (tmp_path / name).write_text(texts[name].replace("/usr/bin/docker", str(docker)))
        (tmp_path / "docker.service").write_text(f"[Service]\nExecStart={docker}\n")
        unit = wsgi_app.value("__wsgi_app_layout.unit_prefix", inputs_)
        (tmp_path / f"{unit}.service").symlink_to(f"{unit}.0123456789ab.service")
        target = f"{unit}_processes.0123456789ab.target"
        (tmp_path / f"{unit}_processes.target").symlink_to(target)
        return [tmp_path / name for name in names]

    return units


PROCESSES = [
    {"name": "worker", "command": "celery -A shop worker", "count": 2, "limits": {"tasks": 7}},
    {"name": "beat", "command": "celery -A shop beat", "exclusive": True, "stop_signal": "INT"},
]
SCHEDULES = [
    {"name": "mails", "command": "flask send-mails", "calendar": "*:0/15", "timeout": 600},
    {"name": "night", "command": "flask clean", "calendar": "03:00", "catch_up": True},
]
SETTINGS = [
    pytest.param({}, id="defaults"),
    pytest.param({"wsgi_app_prefix": "/api"}, id="prefix"),
    pytest.param({"wsgi_app_public_url": "https://[::1]:8443/a~b/c-d.e"}, id="public URL"),
    pytest.param({"wsgi_app_listen": "127.0.0.1:8000"}, id="port"),
    pytest.param({"wsgi_app_listen": "[::1]:8000"}, id="IPv6 port"),
    pytest.param(
        {
            "wsgi_app_listen": "[2001:db8::5]:8000",
            "wsgi_app_listen_allow": ["10.0.0.16/28", "2001:db8::/32"],
        },
        id="port for other hosts",
    ),
    pytest.param(
        {"wsgi_app_source": {"type": "git", "url": "x", "version": "1"}}, id="source directory"
    ),
    pytest.param({"wsgi_app_network": "local"}, id="loopback network"),
    pytest.param({"wsgi_app_backend": "podman"}, id="podman"),
    pytest.param(
        {
            "wsgi_app_backend": "podman",
            "wsgi_app_source": {"type": "git", "url": "x", "version": "1"},
            "wsgi_app_shared_paths": ["media", "shop/uploads"],
        },
        id="podman with a source directory",
    ),
    pytest.param({"wsgi_app_backend": "docker"}, id="docker"),
    pytest.param(
        {
            "wsgi_app_name": "shop-api",
            "wsgi_app_backend": "docker",
            "wsgi_app_source": {"type": "git", "url": "x", "version": "1"},
            "wsgi_app_shared_paths": ["media", "shop/uploads"],
            "wsgi_app_limits": {"memory": "1G", "tasks": 9, "cpus": 1.5},
            "wsgi_app_network": "local",
        },
        id="docker with a source directory and limits",
    ),
    pytest.param(
        {
            "wsgi_app_backend": "podman",
            "wsgi_app_source": {"type": "image", "ref": "example.org/shop:1"},
            "wsgi_app_shared_paths": ["opt/shop/media"],
        },
        id="podman with an image source",
    ),
    pytest.param({"wsgi_app_backend": "rootless_podman"}, id="rootless podman"),
    pytest.param({"wsgi_app_health": {"timeout": 120}, "wsgi_app_timeout": 300}, id="timeouts"),
    pytest.param({"wsgi_app_preload": False}, id="without preload"),
    pytest.param({"wsgi_app_limits": {"memory": "1G", "tasks": 9, "cpus": 1.5}}, id="limits"),
    pytest.param({"wsgi_app_writable_paths": ["/srv/a", "/srv/b"]}, id="writable paths"),
    pytest.param({"wsgi_app_sandbox": {"ProtectHome": False}}, id="another sandbox"),
    *(
        pytest.param(
            {"wsgi_app_backend": backend, "wsgi_app_statsd": "/run/statsd/shop/socket"},
            id=f"figures with {backend}",
        )
        for backend in ("systemd", "podman", "rootless_podman", "docker")
    ),
    *(
        pytest.param(
            {
                "wsgi_app_backend": backend,
                "wsgi_app_processes": PROCESSES,
                "wsgi_app_schedules": SCHEDULES,
            },
            id=f"background processes and schedules with {backend}",
        )
        for backend in ("systemd", "podman", "rootless_podman", "docker")
    ),
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_are_accepted(units, settings: dict):
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units(settings)],
        capture_output=True,
        text=True,
    )
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize("settings", SETTINGS)
def test_root_runs_nothing_with_variables_of_the_app(units, settings: dict):
    """They can have it start a program, or load a library, that a build has written."""
    for unit in units(settings):
        lines = unit.read_text().splitlines()
        if any(line.startswith(("Environment=", "EnvironmentFile=")) for line in lines):
            assert [line for line in lines if re.match(r"Exec\w+=[-@:]*[+!]", line)] == []


@pytest.mark.parametrize("unit", ["wsgi-shop.0123456789ab", "wsgi-shop_setup.0123456789ab"])
@pytest.mark.parametrize(
    ("url", "values"), [("https://example.org/api", ["https://example.org/api"]), ("", [])]
)
def test_public_url(units, tmp_path: Path, unit: str, url: str, values: list[str]):
    units({"wsgi_app_prefix": "/api", "wsgi_app_public_url": url})
    environment = [
        line.removeprefix("Environment=").partition("=")
        for line in (tmp_path / f"{unit}.service").read_text().splitlines()
        if line.startswith("Environment=")
    ]
    assert [value for name, _, value in environment if name == "PUBLIC_URL"] == values


@pytest.mark.parametrize("backend", ["systemd", "podman", "docker"])
def test_limits(units, backend: str):
    paths = units(
        {
            "wsgi_app_backend": backend,
            "wsgi_app_limits": {"tasks": 9},
            "wsgi_app_network": "local",
        }
    )
    bounds = {"TasksMax=9", "IPAddressDeny=any", "IPAddressAllow=localhost"}
    bound = {path.name for path in paths if bounds <= set(path.read_text().splitlines())}
    services = {path.name for path in paths if path.suffix == ".service"}
    # These have no code of the app.
    services -= {"wsgi-shop_unavailable.0123456789ab.service", "wsgi-shop_leave.service"}
    slices = {"wsgi_shop.0123456789ab.slice", "wsgi_shop.0123456789ab.run.slice"}
    assert bound == (slices if backend == "docker" else services)


@pytest.mark.parametrize("backend", ["systemd", "podman", "docker"])
def test_limits_of_background_processes(units, backend: str):
    paths = units(
        {
            "wsgi_app_backend": backend,
            "wsgi_app_limits": {"tasks": 9, "memory": "1G"},
            "wsgi_app_processes": PROCESSES,
        }
    )
    kind = ".slice" if backend == "docker" else ".service"
    limits = {
        path.name: {line for line in path.read_text().splitlines() if "Max=" in line}
        for path in paths
        if path.suffix == kind
    }
    [worker] = {frozenset(limits[name]) for name in limits if "worker" in name}
    [beat] = [limits[name] for name in limits if "beat" in name]
    assert (worker, beat) == ({"TasksMax=7", "MemoryMax=1G"}, {"TasksMax=9", "MemoryMax=1G"})


FIGURES = "/run/statsd/shop"


@pytest.mark.parametrize("quadlet", [True, False], ids=["quadlet", "service"])
@pytest.mark.parametrize("backend", ["podman", "rootless_podman", "docker"])
def test_container_sees_the_directory_of_a_statsd_server(
    wsgi_app, inputs, backend: str, quadlet: bool
):
    settings = {"wsgi_app_backend": backend, "wsgi_app_statsd": f"{FIGURES}/socket"}
    info = {"__wsgi_app_info": {**inputs["__wsgi_app_info"], "quadlet": quadlet}}
    texts = wsgi_app.texts("__wsgi_app_release_files", {**inputs, **info, **settings})
    [unit] = [
        text
        for name, text in texts.items()
        if name in ("wsgi-shop.0123456789ab.container", "wsgi-shop.0123456789ab.service")
    ]
    lines = unit.splitlines()
    assert f"ExecStartPre=+/bin/sh -c 'umask 022; mkdir -p {FIGURES}'" in lines
    assert {
        f"Volume={FIGURES}:{FIGURES}:ro",
        f"  --mount=type=bind,source={FIGURES},target={FIGURES},readonly \\",
    } & set(lines)


@pytest.mark.parametrize("backend", ["systemd", "podman", "rootless_podman", "docker"])
def test_no_directory_without_a_statsd_server(units, backend: str):
    paths = units({"wsgi_app_backend": backend})
    assert not [path for path in paths if "mkdir" in path.read_text()]


@pytest.mark.parametrize("unit", ["wsgi-shop.0123456789ab", "wsgi-shop_setup.0123456789ab"])
@pytest.mark.parametrize(("network", "exposure"), [("full", 1.1), ("none", 0.3)])
def test_exposure_is_low(units, tmp_path: Path, tell, unit: str, network: str, exposure: float):
    units({"wsgi_app_network": network})
    tell(f"{unit}, network {network}: {judge(tmp_path, unit, exposure)}")


@pytest.mark.parametrize("backend", ["systemd", "podman", "rootless_podman", "docker"])
def test_exposure_of_the_service_of_an_app_that_cannot_start(
    units, tmp_path: Path, tell, backend: str
):
    """It is as small whatever the app may do."""
    sandbox = {"MemoryDenyWriteExecute": False, "ProtectHome": False}
    units({"wsgi_app_backend": backend, "wsgi_app_network": "full", "wsgi_app_sandbox": sandbox})
    unit = "wsgi-shop_unavailable.0123456789ab"
    tell(f"{unit}, backend {backend}: {judge(tmp_path, unit, 0.3)}")


@pytest.mark.parametrize(("network", "exposure"), [(True, 1.5), (False, 1.0)])
def test_exposure_of_a_build_is_low(
    wsgi_app, inputs, tmp_path: Path, tell, network: bool, exposure: float
):
    sandbox = wsgi_app.value("__wsgi_app_build_sandbox", inputs)
    sandbox |= {"User": "wsgi_shop", "PrivateNetwork": not network, "ExecStart": "/bin/true"}
    lines = transient_unit.settings(sandbox)
    (tmp_path / "build.service").write_text("\n".join(["[Service]", *lines]) + "\n")
    tell(f"build, network {network}: {judge(tmp_path, 'build', exposure)}")


def judge(directory: Path, unit: str, exposure: float) -> str:
    """Return systemd's rating of a unit's sandbox, which has to be below ``exposure``."""
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"{unit}.service"]
        + [f"--threshold={exposure * 10:.0f}"],
        cwd=directory,
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout
    return judged.stdout.strip().splitlines()[-1]


def test_backlog_is_what_the_module_expects(wsgi_app, inputs):
    texts = wsgi_app.texts("__wsgi_app_current_files", inputs)
    assert f"Backlog={listening_socket.QUEUE}" in texts["wsgi-shop.socket"].splitlines()


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        pytest.param({}, 35, id="default"),
        pytest.param({"wsgi_app_timeout": 300}, 305, id="as long as a request may take"),
        pytest.param({"wsgi_app_gunicorn": {"graceful_timeout": 90}}, 95, id="longer"),
        pytest.param(
            {"wsgi_app_timeout": 300, "wsgi_app_gunicorn": {"graceful_timeout": 9}},
            14,
            id="shorter",
        ),
    ],
)
@pytest.mark.parametrize("backend", ["systemd", "podman", "docker", "rootless_podman"])
@pytest.mark.parametrize("quadlet", [True, False])
def test_waits_until_gunicorn_has_ended_its_requests(
    wsgi_app, inputs, backend: str, quadlet: bool, settings: dict, seconds: int
):
    info = {**inputs["__wsgi_app_info"], "quadlet": quadlet}
    inputs_ = {**inputs, "__wsgi_app_info": info, "wsgi_app_backend": backend, **settings}
    texts = wsgi_app.texts("__wsgi_app_backend.start_files", inputs_)
    [unit] = [text for name, text in texts.items() if name.startswith("wsgi-shop.0123456789ab.")]
    timeouts = re.findall(r"(TimeoutStopSec|StopTimeout|--stop-timeout)=(\S+)", unit)
    assert {time for _, time in timeouts} == {str(seconds)}
    assert len(timeouts) == (1 if backend == "systemd" else 2)
    assert wsgi_app.value("__wsgi_app_graceful_timeout", inputs_) == seconds - 5
