"""A switch ends with one release: the new one if it can serve, else the previous one.

systemd is replaced here; the scenarios `release` and `whole` switch on hosts.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import json
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import (
    claim,
    deployments,
    layout,
    probation,
    switch,
    transient_unit,
    units,
)
from ansible_collections.subsite.deploy.plugins.modules import wsgi_switch

SOCKET = "wsgi-shop.socket"
LEAVE = "wsgi-shop_leave.service"
DEPLOYMENT = {"how": "deploy", "by": {"user": "anna", "host": "laptop"}}


def web(release: str) -> str:
    return f"wsgi-shop.{release}.service"


def process(name: str, release: str) -> str:
    return f"wsgi-shop_process_{name}_1.{release}.service"


class Systemd:
    """The units that run, and what was done with them. Units in ``broken`` do not stay up."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.broken: set[str] = set()
        self.log: list[str] = []

    def systemctl(self, verb: str, *arguments: str, timeout: float | None = None, **_: str) -> str:
        return getattr(self, verb.replace("-", "_"))(
            *(argument for argument in arguments if argument != "--now")
        )

    def list_units(self, *arguments: str) -> str:
        patterns = [argument for argument in arguments if not argument.startswith("--")]
        return "".join(
            f"{unit} loaded {state} running\n"
            for unit, state in self.states.items()
            if any(fnmatch.fnmatch(unit, pattern) for pattern in patterns)
        )

    def show(self, _properties: str, unit: str) -> str:
        state = self.states.get(unit, "inactive")
        result = "exit-code" if unit in self.broken else "success"
        return f"ActiveState={state}\nNRestarts=0\nResult={result}\nExecMainStatus=1\n"

    def start(self, *started: str) -> str:
        for unit in started:
            self.log.append(f"start {unit}")
            is_process = "_process_" in unit
            if unit in self.broken and not is_process:
                raise units.SystemctlError(f"Job for {unit} failed.")
            self.states[unit] = "activating" if unit in self.broken else "active"
        return ""

    enable = restart = start

    def stop(self, *stopped: str) -> str:
        for unit in stopped:
            self.log.append(f"stop {unit}")
            self.states.pop(unit, None)
        return ""

    def daemon_reload(self) -> str:
        self.log.append("reload")
        return ""

    def set_property(self, _lasting: str, unit: str, setting: str) -> str:
        self.log.append(f"set {setting} of {unit}")
        return ""


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Systemd:
    fake = Systemd()
    monkeypatch.setattr(units, "systemctl", fake.systemctl)
    monkeypatch.setattr(units.subprocess, "run", lambda *arguments, **options: None)
    monkeypatch.setattr(switch, "altered", lambda listen: False)
    monkeypatch.setattr(probation, "LOOK", 0)
    return fake


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the releases and the claim of the app below a temporary directory."""
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    made = layout.layout

    def moved(name: str, release: str = "*") -> layout.Layout:
        return dataclasses.replace(
            made(name, release),
            claim_path=f"{tmp_path}/claim",
            switch_lock_path=f"{tmp_path}/lock",
            socket_unit_path=f"{tmp_path}/socket",
            current_unit_path=f"{tmp_path}/current",
        )

    monkeypatch.setattr(layout, "layout", moved)
    monkeypatch.setattr(switch, "layout", moved)
    monkeypatch.setattr(claim, "layout", moved)
    (tmp_path / "claim").write_text("mine")
    return tmp_path


@pytest.fixture
def release(places: Path, systemd: Systemd):
    """Return a function that makes a release with these processes, which may serve already."""

    def make(name: str, *processes: str, exclusive: str = "", serves: bool = False) -> None:
        directory = places / "shop/releases" / name
        directory.mkdir(parents=True)
        recorded = [
            {
                "name": each,
                "unit": process(each, name),
                "exclusive": each == exclusive,
                "probation": 0,
                "check": "",
                "stop_timeout": 1,
            }
            for each in processes
        ]
        (directory / "processes.json").write_text(json.dumps(recorded))
        if serves:
            running = [SOCKET, web(name), *(process(each, name) for each in processes)]
            systemd.states |= dict.fromkeys(running, "active")
            (places / "current").symlink_to(web(name))

    return make


@pytest.fixture
def to_new(places: Path):
    """Return a function that switches to the release ``new``."""

    def run(**changes) -> None:
        plan = {
            "app": "shop",
            "release": "new",
            "claim": "mine",
            "moves_socket": False,
            "stops_on_failure": True,
            "stop_timeout": 1,
            "probation_files": [],
            "current_files": [{"dest": f"{places}/current", "link": web("new")}],
            "deployment": DEPLOYMENT,
            "pins": False,
        }
        switch.Switch(**{**plan, **changes}).run()

    return run


def current(places: Path) -> str:
    return (places / "current").readlink().name


def test_new_release_starts_before_the_previous_one_stops(release, to_new, systemd, places):
    release("old", "worker", serves=True)
    release("new", "worker")
    to_new()
    assert systemd.log == [
        f"start {web('new')}",
        f"start {process('worker', 'new')}",
        "reload",
        f"start {SOCKET}",
        f"start {LEAVE}",
        f"stop {web('old')}",
        f"stop {process('worker', 'old')}",
    ]
    assert current(places) == web("new")


@pytest.mark.parametrize(
    ("listen", "applied"), [("10.0.0.11:8000", True), ("/run/wsgi/shop.sock", False)]
)
def test_socket_gets_its_list_of_clients(release, to_new, systemd, places, listen, applied):
    release("new")
    unit = {"dest": f"{places}/socket", "content": f"ListenStream={listen}\n", "mode": "0644"}
    to_new(current_files=[unit])
    change = f"set IPAccounting=false of {SOCKET}"
    assert (change in systemd.log[systemd.log.index("reload") :]) is applied


def test_first_release(release, to_new, systemd, places):
    release("new", "worker")
    to_new()
    assert set(systemd.states) == {SOCKET, LEAVE, web("new"), process("worker", "new")}


@pytest.mark.parametrize(
    ("of_old", "of_new"),
    [
        pytest.param("beat", "beat", id="exclusive in both"),
        pytest.param("beat", "", id="exclusive in the previous release"),
        pytest.param("", "beat", id="exclusive in the new release"),
    ],
)
def test_exclusive_process_stops_before_the_new_one_starts(
    release, to_new, systemd, of_old: str, of_new: str
):
    release("old", "beat", exclusive=of_old, serves=True)
    release("new", "beat", exclusive=of_new)
    to_new()
    stopped = systemd.log.index(f"stop {process('beat', 'old')}")
    started = systemd.log.index(f"start {process('beat', 'new')}")
    assert stopped < started < systemd.log.index(f"stop {web('old')}")


def test_exclusive_process_with_another_name_stops_first(release, to_new, systemd):
    release("old", "clock", exclusive="clock", serves=True)
    release("new", "beat", exclusive="beat")
    to_new()
    stopped = systemd.log.index(f"stop {process('clock', 'old')}")
    assert stopped < systemd.log.index(f"start {process('beat', 'new')}")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        pytest.param(web("new"), "The web process did not start", id="web"),
        pytest.param(
            process("worker", "new"), "The background process 'worker' of wsgi_app_pro", id="worker"
        ),
        pytest.param(
            process("beat", "new"), "The background process 'beat' of wsgi_app_processes", id="beat"
        ),
    ],
)
def test_release_that_cannot_serve_leaves_the_previous_one(
    release, to_new, systemd, places, broken: str, message: str
):
    release("old", "worker", "beat", exclusive="beat", serves=True)
    release("new", "worker", "beat", exclusive="beat")
    before = dict(systemd.states)
    systemd.broken = {broken}
    with pytest.raises(switch.FAILURES, match=message):
        to_new()
    assert systemd.states == before
    assert current(places) == web("old")


def test_release_that_is_started_again_stays_after_a_failure(release, to_new, systemd):
    """Its cause may be temporary, and no other release can serve."""
    release("new", "worker", serves=True)
    systemd.states[process("worker", "new")] = "activating"
    systemd.broken = {process("worker", "new")}
    with pytest.raises(probation.ProbationError):
        to_new(stops_on_failure=False)
    assert systemd.states[web("new")] == "active"


def test_void_claim_changes_nothing(release, to_new, systemd, places):
    release("old", serves=True)
    release("new")
    (places / "claim").write_text("another")
    with pytest.raises(switch.SwitchError, match="Another run"):
        to_new()
    assert systemd.log == []


def test_claim_that_becomes_void_leaves_the_previous_release(
    release, to_new, systemd, places, monkeypatch
):
    release("old", "beat", exclusive="beat", serves=True)
    release("new", "beat", exclusive="beat")
    before = dict(systemd.states)
    start_web = switch.start_web

    def claim_meanwhile(unit: str) -> None:
        start_web(unit)
        (places / "claim").write_text("another")

    monkeypatch.setattr(switch, "start_web", claim_meanwhile)
    with pytest.raises(switch.SwitchError, match="Another run"):
        to_new()
    assert (systemd.states, current(places)) == (before, web("old"))


def test_failure_after_the_switch_leaves_the_new_release(
    release, to_new, systemd, places, monkeypatch
):
    release("old", serves=True)
    release("new")

    def fail(*_: object) -> None:
        raise units.SystemctlError("Connection timed out.")

    monkeypatch.setattr(switch.schedules, "start_timers", fail)
    with pytest.raises(units.SystemctlError):
        to_new()
    assert current(places) == web("new")
    assert systemd.states[web("new")] == "active"


def test_failed_socket_starts_again_with_the_new_release(release, to_new, systemd, places):
    """systemd starts no socket while a service of it runs."""
    release("old", serves=True)
    release("new")
    del systemd.states[SOCKET]
    to_new()
    assert systemd.log.index(f"stop {web('old')}") < systemd.log.index(f"start {web('new')}")
    assert set(systemd.states) == {SOCKET, LEAVE, web("new")}


def test_failed_socket_and_a_release_that_cannot_serve(release, to_new, systemd, places):
    release("old", serves=True)
    release("new")
    del systemd.states[SOCKET]
    systemd.broken = {web("new")}
    with pytest.raises(switch.FAILURES):
        to_new()
    assert systemd.states[SOCKET] == "active", "it starts the service of the current release"
    assert current(places) == web("old")


def test_moved_socket_stops_before_the_release_is_current(release, to_new, systemd):
    release("old", serves=True)
    release("new")
    to_new(moves_socket=True)
    assert systemd.log[1:4] == [f"stop {SOCKET}", f"stop {web('old')}", f"stop {web('new')}"]


def test_processes_of_any_other_release_stop(release, to_new, systemd):
    """An interrupted run of an earlier version may have left some."""
    release("old", serves=True)
    release("lost", "worker")
    release("new", "worker")
    systemd.states[process("worker", "lost")] = "active"
    to_new()
    assert set(systemd.states) == {SOCKET, LEAVE, web("new"), process("worker", "new")}


class TestRecord:
    """Who switched, and when, is recorded when the release is current."""

    def test_of_a_switch(self, release, to_new):
        release("new")
        to_new()
        [recorded] = deployments.read("shop")
        assert (recorded["release"], recorded["by"]) == ("new", DEPLOYMENT["by"])
        assert deployments.pin_of("shop") is None

    def test_not_of_a_release_that_cannot_serve(self, release, to_new, systemd):
        release("new")
        systemd.broken = {web("new")}
        with pytest.raises(switch.SwitchError):
            to_new(pins=True)
        assert (deployments.read("shop"), deployments.pin_of("shop")) == ([], None)

    def test_pin(self, release, to_new):
        release("new")
        to_new(pins=True)
        pin = deployments.pin_of("shop")
        assert pin and (pin["release"], pin["by"]) == ("new", DEPLOYMENT["by"])

    def test_full_disk_leaves_one_release(self, release, to_new, systemd, monkeypatch):
        release("old", serves=True)
        release("new")

        def fail(*arguments: object) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(deployments, "record", fail)
        with pytest.raises(OSError, match="No space"):
            to_new()
        assert set(systemd.states) == {SOCKET, LEAVE, web("new")}


class TestModule:
    @pytest.fixture
    def plan(self, places: Path) -> dict:
        return {
            "name": "shop",
            "release": "new",
            "claim": "mine",
            "current_files": [{"dest": f"{places}/current", "link": web("new")}],
            "deployment": DEPLOYMENT,
        }

    def test_check_mode_shows_the_files(self, run_module, places, plan):
        result = run_module(wsgi_switch, **plan, _ansible_check_mode=True)
        assert result["changed"]
        assert [diff["after"] for diff in result["diff"]] == [f"link to {web('new')}\n"]
        assert not (places / "current").is_symlink()

    def test_failure_says_whether_the_release_is_current(
        self, run_module, places, plan, monkeypatch
    ):
        link = places / "current"
        steps = iter([lambda: None, lambda: link.symlink_to(web("new")), lambda: None])

        def fail(*arguments: object) -> None:
            next(steps)()
            raise transient_unit.BuildError("The socket did not start.")

        monkeypatch.setattr(transient_unit, "run", fail)
        results = [run_module(wsgi_switch, **plan) for _ in range(3)]
        assert {result["msg"] for result in results} == {"The socket did not start."}
        assert [result["current"] for result in results] == [False, True, False]
