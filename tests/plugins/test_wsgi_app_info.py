"""The state of an app on its host, read from its directories and from systemd."""

import dataclasses
import json
import os
import socket
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import (
    deployments,
    layout,
    units,
)
from ansible_collections.subsite.deploy.plugins.modules import wsgi_app_info


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of the app ``shop``, which is empty."""
    monkeypatch.setattr(layout, "ROOT", str(tmp_path))
    monkeypatch.setattr(layout, "STATE_ROOT", f"{tmp_path}/state")
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


@pytest.fixture
def three_releases(home: Path) -> Path:
    """Make two complete releases, the newer with the smaller name, and an incomplete one."""
    for age, (name, environment) in enumerate({"aaa": "env1", "bbb": "env2"}.items()):
        release = home / "releases" / name
        release.mkdir(parents=True)
        programs = home / "environments" / environment / "bin"
        programs.mkdir(parents=True)
        (programs / "gunicorn").touch()
        (release / "venv").symlink_to(f"../../environments/{environment}")
        (release / "release.json").write_text(f'{{"source": "git", "revision": "{name}1"}}')
        os.utime(release / "release.json", (1000 - age, 1000 - age))
    (home / "releases/ccc").mkdir()
    (home / "environments/env1.lock").touch()
    return home


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch):
    def say(answer: str) -> None:
        monkeypatch.setattr(units, "systemctl", lambda *arguments: answer)
        monkeypatch.setattr(wsgi_app_info, "systemd_version", lambda: 257)

    return say


def names(app: str = "shop") -> list[str]:
    return [release["release"] for release in wsgi_app_info.complete_releases(app, {})]


def test_release_without_gunicorn_is_incomplete(three_releases: Path):
    (three_releases / "environments/env1/bin/gunicorn").unlink()
    assert names() == ["bbb"]


@pytest.mark.parametrize(
    ("backend", "images", "complete"),
    [
        pytest.param("podman", {}, ["bbb"], id="no engine"),
        pytest.param("podman", {"podman": ["aaa"]}, ["aaa", "bbb"], id="its image"),
        pytest.param("podman", {"podman": ["bbb"]}, ["bbb"], id="another's image"),
        pytest.param("podman", {"docker": ["aaa"]}, ["bbb"], id="an image of another engine"),
        pytest.param("rootless_podman", {"podman": ["aaa"]}, ["bbb"], id="an image of root"),
        pytest.param(
            "rootless_podman",
            {"{home}/podman": ["aaa"]},
            ["aaa", "bbb"],
            id="an image of the app's user",
        ),
    ],
)
def test_release_in_a_container_needs_its_image(three_releases: Path, backend, images, complete):
    record = three_releases / "releases/aaa/release.json"
    record.write_text(json.dumps({"backend": backend}))
    os.utime(record, (1000, 1000))
    images = {command.format(home=three_releases): tags for command, tags in images.items()}
    found = wsgi_app_info.complete_releases("shop", images)
    assert [release["release"] for release in found] == complete


def test_images_of_each_engine_of_the_host(tmp_path: Path, monkeypatch):
    for directory, tags in {"bin": "bbb aaa", "shop": "ccc"}.items():
        engine = tmp_path / directory / "podman"
        engine.parent.mkdir(exist_ok=True)
        engine.write_text(f"#!/bin/sh\nprintf '%s\\n' {tags}; echo asked: $*>&2\n")
        engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    assert wsgi_app_info.image_tags("shop") == {
        "podman": ["aaa", "bbb"],
        f"{tmp_path}/shop/podman": ["ccc"],
    }


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


@pytest.mark.usefixtures("three_releases")
def test_complete_releases_newest_first():
    assert names() == ["aaa", "bbb"]


@pytest.mark.usefixtures("three_releases")
def test_description_of_a_release():
    assert wsgi_app_info.complete_releases("shop", {})[0] == {
        "release": "aaa",
        "environment": "env1",
        "deployed": "1970-01-01 00:16:40",
        "static_paths": [],
        "source": "git",
        "revision": "aaa1",
    }


@pytest.mark.parametrize("text", ["", "{", '{"source": "gi'])
def test_release_with_half_a_record_is_incomplete(three_releases: Path, text: str):
    (three_releases / "releases/aaa/release.json").write_text(text)
    assert names() == ["bbb"]


def test_missing_app_has_no_releases():
    assert names("missing") == []


@pytest.mark.parametrize(
    ("names", "serving", "previous"),
    [
        pytest.param(["c", "b", "a"], "c", "b", id="the newest serves"),
        pytest.param(["c", "b", "a"], "b", "a", id="after a rollback"),
        pytest.param(["c", "b", "a"], "a", "", id="the oldest serves"),
        pytest.param(["c", "b"], "x", "", id="what serves is damaged"),
        pytest.param(["c", "b"], "", "", id="none serves"),
        pytest.param([], "", "", id="none is there"),
    ],
)
def test_previous_release(names: list[str], serving: str, previous: str):
    assert wsgi_app_info.previous(names, serving) == previous


class TestClaim:
    def test_is_valid_until_another_run_claims_the_app(self, tmp_path: Path):
        path = tmp_path / "runs/shop"
        mine = wsgi_app_info.claim_app(path)
        assert wsgi_app_info.is_current(mine, path)
        theirs = wsgi_app_info.claim_app(path)
        assert not wsgi_app_info.is_current(mine, path)
        assert wsgi_app_info.is_current(theirs, path)

    def test_is_for_one_app(self, tmp_path: Path):
        mine = wsgi_app_info.claim_app(tmp_path / "runs/shop")
        wsgi_app_info.claim_app(tmp_path / "runs/shop-2")
        assert wsgi_app_info.is_current(mine, tmp_path / "runs/shop")

    def test_is_void_after_a_reboot(self, tmp_path: Path):
        assert not wsgi_app_info.is_current("0123", tmp_path / "missing")

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


@pytest.mark.parametrize("there", [False, True], ids=["nothing", "link to nowhere"])
def test_time_of_a_link(tmp_path: Path, there: bool):
    path = tmp_path / "wsgi-shop.service"
    if there:
        path.symlink_to("missing")
        os.utime(path, (1000, 1000), follow_symlinks=False)
    assert wsgi_app_info.time_of(path) == ("1970-01-01 00:16:40" if there else "")


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


def test_release_of_the_current_unit(tmp_path: Path):
    link = tmp_path / "wsgi-shop.service"
    link.symlink_to("wsgi-shop.0123456789ab.service")
    assert wsgi_app_info.release_of(link) == "0123456789ab"


@pytest.mark.parametrize("there", [False, True], ids=["no unit", "no link"])
def test_release_is_empty_with(tmp_path: Path, there: bool):
    if there:
        (tmp_path / "wsgi-shop.service").touch()
    assert wsgi_app_info.release_of(tmp_path / "wsgi-shop.service") == ""


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
    ("calendar", "error"),
    [
        pytest.param("*:0/15", "", id="each quarter of an hour"),
        pytest.param("Mon..Fri 06:30 Europe/Berlin", "", id="with a time zone"),
        pytest.param(
            "each day",
            "'each day', which systemd does not accept (Failed to parse calendar specification "
            "'each day': Invalid argument): write for example '*:0/15' for each quarter of an "
            "hour, or 'Mon..Fri 06:30'.",
            id="none",
        ),
        pytest.param(
            "2020-01-01",
            "'2020-01-01', which is over: write a time to come, as 'daily', or remove the "
            "schedule.",
            id="over",
        ),
        pytest.param("--help", "'--help', which systemd does not accept", id="option"),
    ],
)
def test_calendars(calendar: str, error: str):
    errors = list(wsgi_app_info.unusable("mails", calendar))
    assert len(errors) == bool(error)
    assert all(f"wsgi_app_schedules[mails].calendar is {error}" in each for each in errors)


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


@pytest.mark.parametrize(
    ("interpreter", "version"),
    [
        pytest.param("echo 3.13", "3.13", id="it says"),
        pytest.param("exit 1", "", id="it fails"),
    ],
)
def test_python_version(tmp_path: Path, interpreter: str, version: str):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{interpreter}\n")
    python.chmod(0o755)
    assert wsgi_app_info.python_version(str(python)) == version


def test_python_version_is_empty_without_an_interpreter(tmp_path: Path):
    assert wsgi_app_info.python_version(f"{tmp_path}/python") == ""


class TestCollision:
    """Names and addresses that something else has are found before anything changes."""

    SOCKET = "# Written by subsite.deploy.wsgi_app; ...\n[Socket]\nListenStream={}\n"

    @pytest.fixture
    def found(self, tmp_path: Path):
        def found(listen: str) -> list[str]:
            return list(wsgi_app_info.collisions("shop", listen, str(tmp_path)))

        return found

    @pytest.mark.parametrize("listen", ["/run/wsgi/shop.sock", "127.0.0.1:8000"])
    def test_with_the_address_of_another_app(self, found, tmp_path: Path, listen: str):
        (tmp_path / "wsgi-store.socket").write_text(self.SOCKET.format(listen))
        assert found(listen) == [
            f"wsgi_app_listen is {listen!r}, but wsgi-store.socket has that address already: give "
            "the app its own address, as in '/run/wsgi/shop.sock'."
        ]

    @pytest.mark.parametrize(
        ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    )
    def test_with_a_process_on_a_port(self, found, family: int, host: str):
        with socket.create_server((host, 0), family=family) as listener:
            port = listener.getsockname()[1]
            listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            [said] = found(listen)
        assert said.startswith(
            f"wsgi_app_listen is {listen!r}, but another process listens there already"
        )
        assert found(listen) == []

    def test_with_a_process_on_a_socket(self, found, tmp_path: Path):
        listen = str(tmp_path / "x.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(listen)
            assert found(listen) == []
            listener.listen()
            [said] = found(listen)
        assert said.startswith(
            f"wsgi_app_listen is {listen!r}, but another process listens there already"
        )

    def test_not_with_the_app_itself(self, found, tmp_path: Path):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listen = f"127.0.0.1:{listener.getsockname()[1]}"
            (tmp_path / "wsgi-shop.socket").write_text(self.SOCKET.format(listen))
            assert found(listen) == []

    def test_not_with_an_address_of_another_host(self, found):
        assert found("192.0.2.1:8000") == []

    def test_with_a_unit_that_the_role_did_not_write(self, found, tmp_path: Path):
        (tmp_path / "wsgi-shop.socket").write_text("[Socket]\nListenStream=/run/x.sock\n")
        assert found("/run/x.sock") == [
            "wsgi_app_name is 'shop', but the host has a unit wsgi-shop.socket already, which this "
            "role did not write: give the app another name."
        ]

    @pytest.mark.parametrize("user", ["wsgi-shop", "wsgi_shop"])
    def test_with_a_user(self, found, monkeypatch, user: str):
        homes = {user: "/home/shop"}
        monkeypatch.setattr(wsgi_app_info, "home_of", lambda name: homes.get(name, ""))
        assert found("/run/wsgi/shop.sock") == [
            f"wsgi_app_name is 'shop', but the host has a user {user} already, whose home is "
            "/home/shop, which the role did not create: give the app another name."
        ]

    def test_not_with_the_users_of_the_app(self, found, monkeypatch):
        app = layout.layout("shop")
        homes = {app.user: app.data_dir, app.build_user: app.cache_dir}
        monkeypatch.setattr(wsgi_app_info, "home_of", homes.get)
        assert found("/run/wsgi/shop.sock") == []

    @pytest.mark.parametrize(("user", "home"), [("root", "/root"), ("wsgi-no-such-user", "")])
    def test_home_of_a_user(self, user: str, home: str):
        assert wsgi_app_info.home_of(user) == home

    def test_ends_the_module(self, run_module, systemd, tmp_path: Path):
        systemd("")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listen = f"127.0.0.1:{listener.getsockname()[1]}"
            result = run_module(wsgi_app_info, name="no-such-app", listen=listen)
        assert result["failed"]
        assert result["msg"].startswith(f"wsgi_app_listen is {listen!r}")


class TestHistory:
    """Which release became current, when and by whom."""

    ANNA = {"user": "anna", "host": "laptop"}

    @pytest.fixture
    def info(self, run_module, systemd, monkeypatch, home: Path):
        systemd("")
        units_of = {"current_unit_path": str(home / "current.service")}
        made = layout.layout
        moved = lambda *names: dataclasses.replace(made(*names), **units_of)  # noqa: E731
        monkeypatch.setattr(wsgi_app_info, "layout", moved)
        return lambda **more: run_module(wsgi_app_info, name="shop", **more)

    def deploy(self, release: str, how: str = "deploy", **more: object) -> None:
        deployments.record("shop", release, {"how": how, "by": self.ANNA, **more})

    def test_current_since_the_switch(self, info, home: Path, monkeypatch):
        monkeypatch.setattr(deployments, "now", lambda: "2026-11-22 22:43:56")
        (home / "current.service").symlink_to("wsgi-shop.aaa.service")
        assert info()["serving_since"] == ""
        self.deploy("aaa")
        assert info()["serving_since"] == "2026-11-22 22:43:56"
        (home / "current.service").unlink()
        (home / "current.service").symlink_to("wsgi-shop.bbb.service")
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
    def claimed(self, monkeypatch, systemd) -> list[Path]:
        systemd("")
        claimed: list[Path] = []
        monkeypatch.setattr(wsgi_app_info, "claim_app", lambda path: claimed.append(path) or "0123")
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


class TestEngine:
    """An engine that the role does not install is checked before anything changes."""

    @pytest.fixture
    def has(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        def has(*programs: str) -> None:
            for program in programs:
                (tmp_path / program).touch(mode=0o755)
            monkeypatch.setenv("PATH", str(tmp_path))

        return has

    def test_missing_is_an_input_error(self, has):
        has("podman")
        [said] = wsgi_app_info.missing_engine("docker")
        assert said.startswith("wsgi_app_backend is 'docker', but the host has no docker: install")

    @pytest.mark.parametrize(
        ("programs", "backend"),
        [(["docker"], "docker"), ([], "podman"), ([], "rootless_podman"), ([], "systemd")],
    )
    def test_exists_or_will_be_installed(self, has, programs: list[str], backend: str):
        has(*programs)
        assert list(wsgi_app_info.missing_engine(backend)) == []


LISTEN = "/run/wsgi/shop.sock"


class TestReplaceable:
    """Users other than root cannot replace what root runs or mounts."""

    @pytest.fixture
    def theirs(self, tmp_path: Path) -> Path:
        directory = tmp_path / "theirs"
        directory.mkdir()
        os.chown(directory, 65534, 65534)
        return directory

    def test_interpreter_of_another_user(self, theirs: Path):
        [said] = wsgi_app_info.replaceable(f"{theirs}/python", [], LISTEN)
        assert said.startswith(
            f"wsgi_app_python is '{theirs}/python', but users other than root can change {theirs}: "
        )

    def test_writable_path_below_a_directory_of_another_user(self, theirs: Path):
        [said] = wsgi_app_info.replaceable("/usr/bin/python3", [f"{theirs}/media"], LISTEN)
        assert said.startswith(f"wsgi_app_writable_paths has '{theirs}/media', but users")

    def test_statsd_server_below_a_directory_of_another_user(self, theirs: Path):
        statsd = f"{theirs}/shop/socket"
        [said] = wsgi_app_info.replaceable("/usr/bin/python3", [], LISTEN, statsd)
        assert said.startswith(
            f"wsgi_app_statsd is {statsd!r}, but users other than root can change {theirs}: "
        )

    def test_statsd_server_in_a_directory_of_another_user(self, theirs: Path):
        """The server creates its socket there."""
        statsd = f"{theirs}/socket"
        assert list(wsgi_app_info.replaceable("/usr/bin/python3", [], LISTEN, statsd)) == []

    def test_paths_of_root(self):
        paths = ["/srv/media", "/var/tmp"]
        for listen in (LISTEN, "127.0.0.1:8000"):
            assert list(wsgi_app_info.replaceable("/usr/bin/python3", paths, listen)) == []

    def test_socket_below_a_directory_of_another_user(self, theirs: Path):
        listen = f"{theirs}/app.sock"
        [said] = wsgi_app_info.replaceable("/usr/bin/python3", [], listen)
        assert said.startswith(
            f"wsgi_app_listen is {listen!r}, but users other than root can change"
        )

    def test_ends_the_module(self, run_module, systemd, theirs: Path):
        systemd("")
        result = run_module(
            wsgi_app_info,
            name="no-such-app",
            listen="/run/wsgi/no-such-app.sock",
            writable_paths=[f"{theirs}/media"],
        )
        assert (result["failed"], "wsgi_app_writable_paths" in result["msg"]) == (True, True)
