"""The Compose file of an app."""

import subprocess
from pathlib import Path

import pytest
import yaml


@pytest.fixture
def written(wsgi_app, inputs):
    machine = {
        "__wsgi_app_backend_name": "compose",
        "compose_directory": "/home/me/site",
        "__compose_user": "1000:1000",
    }

    def written(**settings) -> dict:
        """Return the Compose file of an app that has these settings."""
        inputs_ = {**inputs, **machine, **settings}
        return yaml.safe_load(wsgi_app.value("__wsgi_app_compose_service.content", inputs_))

    return written


LIMITS = ("mem_limit", "pids_limit", "cpus")


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, {}),
        ({"memory": "512M"}, {"mem_limit": "512M"}),
        ({"tasks": 9}, {"pids_limit": 9}),
        ({"cpus": 1.5}, {"cpus": 1.5}),
    ],
)
def test_limits(written, limits: dict, expected: dict):
    service = written(wsgi_app_limits=limits)["services"]["shop"]
    assert {name: service[name] for name in LIMITS if name in service} == expected


def test_writable_path_is_mounted(written):
    volumes = written(wsgi_app_writable_paths=["/srv/media"])["services"]["shop"]["volumes"]
    assert volumes[-1] == {
        "type": "bind",
        "source": "/srv/media",
        "target": "/srv/media",
        "bind": {"create_host_path": False},
    }


@pytest.mark.parametrize(
    ("network", "joined"),
    [
        ("none", {"shop": {"internal": True}}),
        ("full", {"shop": {"internal": True}, "shop_outside": {}}),
    ],
)
def test_networks(written, network: str, joined: dict):
    file = written(wsgi_app_network=network)
    assert (file["networks"], file["services"]["shop"]["networks"]) == (joined, list(joined))


def test_settings_name_the_release(wsgi_app, inputs):
    """The release has no name yet."""
    unnamed = {name: value for name, value in inputs.items() if name != "__wsgi_app_release"}
    machine = {"__wsgi_app_backend_name": "compose", "compose_directory": "/home/me/site"}
    recipes = [
        wsgi_app.value("__wsgi_app_recipe", {**unnamed, **machine, "wsgi_app_workers": workers})
        for workers in (2, 2, 3)
    ]
    assert recipes[0] == recipes[1] != recipes[2]


def test_container_waits_as_long_as_gunicorn(written):
    service = written(wsgi_app_gunicorn={"graceful_timeout": 90})["services"]["shop"]
    assert service["stop_grace_period"] == "95s"


def test_image_cannot_change_the_settings_of_gunicorn(wsgi_app, inputs, tmp_path: Path):
    inputs_ = {
        **inputs,
        "__wsgi_app_backend_name": "compose",
        "__wsgi_app_release_dir": str(tmp_path),
        "__wsgi_app_compose_root": "",
    }
    for name in ("environment_variables", "secrets"):
        (tmp_path / name).touch()
    program = tmp_path / "gunicorn"
    program.write_text("#!/bin/sh\nenv\n")
    program.chmod(0o755)
    [start] = wsgi_app.value("__wsgi_app_backend.start_files", inputs_)
    done = subprocess.run(
        ["/bin/sh", "-ec", start["content"]],
        env={"GUNICORN_CMD_ARGS": "--workers=9", "PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "PATH=" in done.stdout
    assert "GUNICORN_CMD_ARGS" not in done.stdout
