"""The state of an app on its host, read from its directories and from systemd."""

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import claim, deployments, layout
from ansible_collections.subsite.deploy.plugins.modules import wsgi_app_info

pytestmark = pytest.mark.usefixtures("home")


def test_units_of_the_app_only(tmp_path: Path):
    theirs = ["wsgi-my-shop.socket", "wsgi-my-shop.aaa.service.d", "wsgi-my-shop_setup.aaa.service"]
    slices = ["wsgi_my_shop.aaa.slice"]
    others = ["wsgi-my-shop-two.socket", "wsgi_my_shop_two.aaa.slice", "shop.service"]
    for name in [*theirs, *slices, *others]:
        (tmp_path / name).touch()
    found = wsgi_app_info.unit_paths("my-shop", (str(tmp_path), str(tmp_path / "missing")))
    assert sorted(found) == sorted(str(tmp_path / name) for name in [*theirs, *slices])


@pytest.mark.parametrize("listen", ["/run/wsgi/shop.sock", "127.0.0.1:8000"])
def test_address_of_a_socket_unit(tmp_path: Path, listen: str):
    unit = tmp_path / "wsgi-shop.socket"
    unit.write_text(f"[Socket]\nListenStream={listen}\nBacklog=1\n")
    assert layout.address_of(unit) == listen


def test_address_is_empty_without_a_socket_unit(tmp_path: Path):
    assert layout.address_of(tmp_path / "wsgi-shop.socket") == ""


def test_sites_that_mount_the_app(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(wsgi_app_info, "SITES", tmp_path)
    sites = {
        "main": "server unix:/run/wsgi/shop.sock;",
        "other": "server unix:/run/wsgi/shop-two.sock;",
        "foreign": "\xff",
    }
    for name, text in sites.items():
        (tmp_path / f"{name}.conf").write_text(text, encoding="latin-1")
    (tmp_path / "lost.conf").symlink_to("nothing")
    assert wsgi_app_info.mounted_by("shop") == ["main"]


class TestUnfinishedRestore:
    @pytest.fixture
    def info(self, run_module, systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        systemd("")
        monkeypatch.setattr(layout, "STATE_ROOT", str(tmp_path))
        (tmp_path / "shop/data").mkdir(parents=True)
        return lambda **more: run_module(wsgi_app_info, name="shop", **more)

    @pytest.mark.parametrize(
        ("left", "unfinished"),
        [
            pytest.param("replaced/data", False, id="ended"),
            pytest.param("replaced/journal.json", True, id="begun"),
            pytest.param("restore", True, id="unpacked"),
        ],
    )
    def test_is_reported(self, info, tmp_path: Path, left: str, unfinished: bool):
        (tmp_path / "shop" / left).mkdir(parents=True)
        assert info()["unfinished_restore"] is unfinished

    def test_that_began_after_the_claim_of_this_run(self, info, tmp_path: Path, monkeypatch):
        """Its own claim was current then."""
        monkeypatch.setattr(wsgi_app_info.claim, "is_current", lambda *_: True)
        assert not info(claim="mine").get("failed")
        (tmp_path / "shop/replaced").mkdir()
        (tmp_path / "shop/replaced/journal.json").touch()
        assert "An earlier run has begun to restore the data" in info(claim="mine")["msg"]


class TestClaim:
    def test_that_is_void_fails(self, run_module, systemd):
        systemd("")
        result = run_module(wsgi_app_info, name="no-such-app", claim="0123")
        assert result["failed"]
        assert result["msg"].startswith("Another run has begun to change no-such-app on this host")

    def test_is_not_made_in_check_mode(self, run_module, systemd):
        systemd("")
        result = run_module(
            wsgi_app_info, name="no-such-app", claims=True, _ansible_check_mode=True
        )
        assert (result["changed"], result["claim"]) == (False, "")
        assert not Path("/run/subsite/no-such-app").exists()


@pytest.mark.parametrize(
    ("part", "names"),
    [
        pytest.param("releases", ["aaa", "bbb", "ccc"], id="complete or not"),
        pytest.param("environments", ["env1", "env2"], id="without locks"),
        pytest.param("missing", [], id="missing"),
    ],
)
def test_directories(three_releases: Path, part: str, names: list[str]):
    assert wsgi_app_info.directories(three_releases / part) == names


@pytest.mark.parametrize(
    ("running", "instances"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"wsgi-shop.0123.service": "active"}, {"0123": "active"}, id="one"),
        pytest.param(
            {"wsgi-shop.9999.service": "deactivating", "wsgi-shop.0123.service": "active"},
            {"0123": "active", "9999": "deactivating"},
            id="one comes and one goes",
        ),
        pytest.param(
            {
                "wsgi-shop.0123.service": "active",
                "wsgi-shop_process_worker_1.0123.service": "activating",
                "wsgi-shop_process_worker_1.9999.service": "active",
            },
            {"0123": "active", "9999": "inactive"},
            id="a background process is left",
        ),
    ],
)
def test_instances(running: dict[str, str], instances: dict[str, str]):
    assert wsgi_app_info.instances("shop", running) == instances


def test_stopped_units(home: Path):
    release = home / "releases/0123"
    (release / "schedule_units").mkdir(parents=True)
    processes = [
        {
            "name": "worker",
            "unit": unit,
            "exclusive": False,
            "probation": 5,
            "check": "",
            "stop_timeout": 60,
        }
        for unit in ("one.service", "two.service", "three.service")
    ]
    (release / "processes.json").write_text(json.dumps(processes))
    for name in ("four.timer", "five.timer", "five.service"):
        (release / "schedule_units" / name).touch()
    running = {"one.service": "active", "two.service": "activating", "four.timer": "active"}
    stopped = wsgi_app_info.stopped_units("shop", "0123", running)
    assert stopped == ["two.service", "three.service", "five.timer"]
    assert wsgi_app_info.stopped_units("shop", "", running) == []


@pytest.mark.parametrize(
    ("state", "listening"),
    [
        pytest.param("ActiveState=active\nUnitFileState=enabled\n", True, id="now and later"),
        pytest.param("UnitFileState=enabled\nActiveState=active\n", True, id="in other order"),
        pytest.param("ActiveState=active\nUnitFileState=disabled\n", False, id="now only"),
        pytest.param("ActiveState=inactive\nUnitFileState=enabled\n", False, id="later only"),
        pytest.param("ActiveState=inactive\nUnitFileState=\n", False, id="no unit"),
    ],
)
def test_listening(systemd, state: str, listening: bool):
    systemd(state)
    assert wsgi_app_info.listening("shop") is listening


def test_interpreter_is_described():
    found = wsgi_app_info.python_of(sys.executable)
    assert found["python"] == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert found["interpreter"].startswith(f"CPython {found['python']} ")


def test_version_is_empty_without_an_interpreter(tmp_path: Path):
    found = wsgi_app_info.python_of(f"{tmp_path}/python")
    assert found == {"python": "", "interpreter": ""}


def test_interpreter_that_others_can_change_is_not_run(tmp_path: Path):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    python.chmod(0o755)
    os.chown(python, 1000, -1)
    wsgi_app_info.python_of(str(python))
    assert not (tmp_path / "ran").exists()


class TestHistory:
    """Which release became current, when and by whom."""

    ANNA = {"user": "anna", "host": "laptop"}

    @pytest.fixture
    def info(self, run_module, systemd, monkeypatch, home: Path):
        systemd("")
        monkeypatch.setattr(layout, "UNIT_DIR", str(home))
        return lambda **more: run_module(wsgi_app_info, name="shop", **more)

    def deploy(self, release: str, how: str = "deploy", **more: object) -> None:
        deployments.record("shop", release, {"how": how, "by": self.ANNA, **more})

    def test_current_since_the_switch(self, info, home: Path, monkeypatch):
        monkeypatch.setattr(deployments, "now", lambda: "2026-11-22 22:43:56")
        (home / "wsgi-shop.service").symlink_to("wsgi-shop.aaa.service")
        assert info()["serving_since"] == ""
        self.deploy("aaa")
        assert info()["serving_since"] == "2026-11-22 22:43:56"
        (home / "wsgi-shop.service").unlink()
        (home / "wsgi-shop.service").symlink_to("wsgi-shop.bbb.service")
        assert info()["serving_since"] == ""

    def test_release_has_the_changes_of_its_deploy(self, info, three_releases: Path):
        change = {"kind": "secret", "name": "API_KEY", "change": "changed"}
        self.deploy("bbb", changes=[])
        self.deploy("aaa", changes=[change])
        self.deploy("bbb", changes=[])
        self.deploy("aaa", how="rollback", changes=[])
        found = {each["release"]: each for each in info(history=True)["releases"]}
        assert found["aaa"]["changes"] == [change]
        assert found["aaa"]["deployment"]["how"] == "rollback"
        assert found["bbb"]["deployment"]["by"] == self.ANNA

    def test_release_without_a_deployment(self, info, three_releases: Path):
        found = info(history=True)
        assert found["deployments"] == []
        assert [each["deployment"] for each in found["releases"]] == [{}, {}]

    def test_is_returned_on_request_alone(self, info, three_releases: Path):
        self.deploy("aaa")
        found = info()
        assert "deployments" not in found
        assert [each for each in found["releases"] if "deployment" in each] == []

    def test_pin(self, info, home: Path):
        assert info()["pin"] is None
        deployments.pin("shop", "aaa", self.ANNA)
        assert info()["pin"]["release"] == "aaa"


class TestPinnedApp:
    @pytest.fixture(autouse=True)
    def claimed(self, home, monkeypatch, systemd) -> list[str]:
        systemd("")
        claimed: list[str] = []
        monkeypatch.setattr(claim, "write", lambda name: claimed.append(name) or "0123")
        deployments.pin("shop", "aaa", TestHistory.ANNA)
        return claimed

    @pytest.mark.parametrize(
        ("stops", "claim"),
        [pytest.param(True, "", id="deploy"), pytest.param(False, "0123", id="rollback")],
    )
    def test_claim(self, run_module, claimed, stops: bool, claim: str):
        result = run_module(wsgi_app_info, name="shop", claims=True, stops_at_pin=stops)
        assert (result["claim"], len(claimed)) == (claim, bool(claim))

    def test_no_input_is_checked(self, run_module):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listen = f"127.0.0.1:{listener.getsockname()[1]}"
            result = run_module(wsgi_app_info, name="shop", listen=listen, stops_at_pin=True)
            assert "failed" not in result
            result = run_module(wsgi_app_info, name="shop", listen=listen)
            assert result["failed"]


def test_result_of_the_module(run_module, systemd):
    systemd("")
    result = run_module(wsgi_app_info, name="no-such-app")
    keys = ("changed", "claim", "current", "data_owner", "instances", "stopped_units")
    assert {key: result[key] for key in keys} == {
        "changed": False,
        "claim": "",
        "current": "",
        "data_owner": None,
        "instances": {},
        "stopped_units": [],
    }
