"""Decisions of a run, from what the host has."""

import os
import subprocess
from pathlib import Path

import pytest

NEW = "0123456789ab"


@pytest.fixture
def value(wsgi_app, inputs):
    def value(variable: str, **found):
        """Return ``variable`` on a host with ``found``."""
        info = {**inputs["__wsgi_app_info"], **found}
        return wsgi_app.value(variable, {**inputs, "__wsgi_app_info": info})

    return value


def complete(*names: str) -> list[dict]:
    return [{"release": name, "environment": name} for name in names]


@pytest.mark.parametrize(
    ("current", "releases", "instances", "replaced"),
    [
        pytest.param("", [], {}, "", id="first run"),
        pytest.param("a", ["a"], {"a": "active"}, "a", id="another serves"),
        pytest.param("a", ["a"], {}, "a", id="another is inactive"),
        pytest.param("a", [], {"a": "active"}, "a", id="another serves, but is damaged"),
        pytest.param("a", [], {}, "", id="first run was interrupted"),
        pytest.param(NEW, [NEW], {NEW: "active"}, "", id="this one serves"),
        pytest.param(NEW, [NEW, "a"], {NEW: "active", "a": "active"}, "", id="both serve"),
    ],
)
def test_replaced_release(value, current, releases, instances: dict, replaced: str):
    found = {"current": current, "releases": complete(*releases), "instances": instances}
    assert value("__wsgi_app_replaced_release", **found) == replaced


@pytest.mark.parametrize(
    ("backend", "current", "can_signal"),
    [
        pytest.param("systemd", "a", True, id="no PID namespace"),
        pytest.param("podman", "a", False, id="a container"),
        pytest.param("systemd", "", False, id="no release that serves"),
    ],
)
def test_release_that_serves_can_signal_the_next(
    wsgi_app, inputs, backend: str, current: str, can_signal: bool
):
    info = {**inputs["__wsgi_app_info"], "current": current, "releases": complete("a")}
    given = {**inputs, "wsgi_app_backend": backend, "__wsgi_app_info": info}
    assert wsgi_app.value("__wsgi_app_can_signal_release", given) is can_signal


@pytest.mark.parametrize(
    ("current", "listening", "instances", "stopped", "serving"),
    [
        pytest.param(NEW, True, {NEW: "active"}, [], True, id="active"),
        pytest.param(NEW, False, {NEW: "active"}, [], False, id="the socket is closed"),
        pytest.param(NEW, True, {NEW: "activating"}, [], False, id="activating"),
        pytest.param(NEW, True, {}, [], False, id="inactive"),
        pytest.param(
            NEW, True, {NEW: "active", "a": "active"}, [], False, id="another is active, too"
        ),
        pytest.param(
            NEW, True, {NEW: "active"}, ["a.service"], False, id="a background process is stopped"
        ),
        pytest.param("a", True, {NEW: "active"}, [], False, id="another is current"),
    ],
)
def test_is_serving(
    value, current: str, listening: bool, instances: dict, stopped: list, serving: bool
):
    found = {
        "current": current,
        "listening": listening,
        "instances": instances,
        "stopped_units": stopped,
        "changed_units": [],
    }
    assert value("__wsgi_app_is_serving", **found) is serving


def test_release_with_units_of_another_one_does_not_serve(value):
    """An interrupted switch has left them."""
    found = {
        "current": NEW,
        "listening": True,
        "instances": {NEW: "active"},
        "stopped_units": [],
        "changed_units": ["/etc/systemd/system/wsgi-shop_schedule_mails.timer"],
    }
    assert value("__wsgi_app_is_serving", **found) is False


class TestStopCommand:
    """Units stop in bounded time, and none of them counts as failed afterwards."""

    @pytest.fixture
    def stop(self, value, tmp_path: Path):
        def stop(first: str, second: str) -> tuple[int, list[str]]:
            """Run the command with a systemctl that runs these commands for ``stop``.

            Return the exit status, and what systemctl was called with.
            """
            calls = tmp_path / "calls"
            (tmp_path / "1").write_text(first)
            (tmp_path / "2").write_text(second)
            program = tmp_path / "systemctl"
            program.write_text(
                f'#!/bin/sh\necho "$1" >>{calls}\n[ "$1" = stop ] || exit 1\n'
                f"exec sh {tmp_path}/$(grep --count stop {calls})\n"
            )
            program.chmod(0o755)
            [*command, _] = value("__wsgi_app_stop_command")
            path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
            ended = subprocess.run([*command, "1", "a.service"], env={**os.environ, **path})
            return ended.returncode, calls.read_text().split()

        return stop

    def test_unit_that_stops(self, stop):
        assert stop("exit 0", "") == (0, ["stop", "reset-failed"])

    def test_unit_that_delays_its_stop_is_killed(self, stop):
        assert stop("exec sleep 60", "exit 0") == (0, ["stop", "kill", "stop", "reset-failed"])

    def test_unit_that_cannot_stop(self, stop):
        assert stop("exit 1", "exit 5") == (5, ["stop", "kill", "stop"])
