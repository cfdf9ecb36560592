"""What a host has of an app, read from its directories and from systemd."""

import json
import os
import socket
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import wsgi_app_info

OWN = wsgi_app_info.ENGINES["rootless_podman"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three releases: two complete ones, the newer with the smaller name, and a broken one."""
    for age, (name, environment) in enumerate({"aaa": "env1", "bbb": "env2"}.items()):
        release = tmp_path / "releases" / name
        release.mkdir(parents=True)
        programs = tmp_path / "environments" / environment / "bin"
        programs.mkdir(parents=True)
        (programs / "gunicorn").touch()
        (release / "venv").symlink_to(f"../../environments/{environment}")
        (release / "release.json").write_text(f'{{"source": "git", "revision": "{name}1"}}')
        os.utime(release / "release.json", (1000 - age, 1000 - age))
    (tmp_path / "releases/ccc").mkdir()
    (tmp_path / "environments/env1.lock").touch()
    return tmp_path


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch):
    def say(answer: str) -> None:
        monkeypatch.setattr(wsgi_app_info, "_systemctl", lambda *arguments: answer)
        monkeypatch.setattr(wsgi_app_info, "systemd_version", lambda: 257)

    return say


def names(home: Path) -> list[str]:
    return [release["release"] for release in wsgi_app_info.releases(str(home), {})]


def test_release_that_cannot_be_started_is_not_complete(home: Path):
    (home / "environments/env1/bin/gunicorn").unlink()
    assert names(home) == ["bbb"]


@pytest.mark.parametrize(
    ("backend", "images", "complete"),
    [
        pytest.param("podman", {}, ["bbb"], id="no engine"),
        pytest.param("podman", {"podman": ["aaa"]}, ["aaa", "bbb"], id="its image"),
        pytest.param("podman", {"podman": ["bbb"]}, ["bbb"], id="another's image"),
        pytest.param("podman", {"docker": ["aaa"]}, ["bbb"], id="an image of another engine"),
        pytest.param("rootless_podman", {"podman": ["aaa"]}, ["bbb"], id="an image of root's"),
        pytest.param("rootless_podman", {OWN: ["aaa"]}, ["aaa", "bbb"], id="an image of its own"),
    ],
)
def test_release_in_a_container_is_complete_with_its_image(home: Path, backend, images, complete):
    record = home / "releases/aaa/release.json"
    record.write_text(json.dumps({"backend": backend}))
    os.utime(record, (1000, 1000))
    images = {command.format(home=home): tags for command, tags in images.items()}
    found = wsgi_app_info.releases(str(home), images)
    assert [release["release"] for release in found] == complete


def test_images_are_what_the_engines_of_the_host_have(tmp_path: Path, monkeypatch):
    for directory, tags in {"bin": "bbb aaa", "home": "ccc"}.items():
        engine = tmp_path / directory / "podman"
        engine.parent.mkdir()
        engine.write_text(f"#!/bin/sh\nprintf '%s\\n' {tags}; echo asked: $*>&2\n")
        engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    assert wsgi_app_info.images("shop", f"{tmp_path}/home") == {
        "podman": ["aaa", "bbb"],
        f"{tmp_path}/home/podman": ["ccc"],
    }


def test_units_are_those_of_the_app_alone(tmp_path: Path):
    theirs = ["wsgi-my-shop.socket", "wsgi-my-shop.aaa.service.d", "wsgi-my-shop_setup.aaa.service"]
    slices = ["wsgi_my_shop.aaa.slice"]
    others = ["wsgi-my-shop-two.socket", "wsgi_my_shop_two.aaa.slice", "shop.service"]
    for name in [*theirs, *slices, *others]:
        (tmp_path / name).touch()
    found = wsgi_app_info.units("my-shop", (str(tmp_path), str(tmp_path / "missing")))
    assert sorted(found) == sorted(str(tmp_path / name) for name in [*theirs, *slices])


@pytest.mark.parametrize("listen", ["/run/wsgi/shop.sock", "127.0.0.1:8000"])
def test_address_is_what_the_socket_unit_says(tmp_path: Path, listen: str):
    (tmp_path / "wsgi-shop.socket").write_text(f"[Socket]\nListenStream={listen}\nBacklog=1\n")
    assert wsgi_app_info.address("shop", str(tmp_path)) == listen


def test_address_is_empty_without_a_socket_unit(tmp_path: Path):
    assert wsgi_app_info.address("shop", str(tmp_path)) == ""


def test_releases_are_complete_and_newest_first(home: Path):
    assert names(home) == ["aaa", "bbb"]


def test_release_is_described(home: Path):
    assert wsgi_app_info.releases(str(home), {})[0] == {
        "release": "aaa",
        "environment": "env1",
        "deployed": "1970-01-01 00:16:40",
        "source": "git",
        "revision": "aaa1",
    }


@pytest.mark.parametrize("text", ["", "{", '{"source": "gi'])
def test_release_whose_record_was_cut_off_is_not_complete(home: Path, text: str):
    (home / "releases/aaa/release.json").write_text(text)
    assert names(home) == ["bbb"]


def test_releases_of_an_app_that_is_not_there_are_none(tmp_path: Path):
    assert names(tmp_path / "missing") == []


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
def test_previous_was_deployed_before(names: list[str], serving: str, previous: str):
    assert wsgi_app_info.previous(names, serving) == previous


class TestClaim:
    def test_holds_until_somebody_else_takes_over(self, tmp_path: Path):
        mine = wsgi_app_info.take_over("shop", f"{tmp_path}/runs")
        assert wsgi_app_info.is_current(mine, "shop", f"{tmp_path}/runs")
        theirs = wsgi_app_info.take_over("shop", f"{tmp_path}/runs")
        assert not wsgi_app_info.is_current(mine, "shop", f"{tmp_path}/runs")
        assert wsgi_app_info.is_current(theirs, "shop", f"{tmp_path}/runs")

    def test_is_of_one_app(self, tmp_path: Path):
        mine = wsgi_app_info.take_over("shop", str(tmp_path))
        wsgi_app_info.take_over("shop-2", str(tmp_path))
        assert wsgi_app_info.is_current(mine, "shop", str(tmp_path))

    def test_ends_with_the_hosts_life(self, tmp_path: Path):
        assert not wsgi_app_info.is_current("0123", "shop", str(tmp_path))

    def test_that_is_lost_is_refused_in_words(self, run_module, systemd, home: Path):
        systemd("")
        result = run_module(
            wsgi_app_info, name="no-such-app", home=str(home), data=str(home), claim="0123"
        )
        assert result["failed"]
        assert result["msg"].startswith("Another run has begun to change no-such-app on this host")

    def test_is_not_made_in_check_mode(self, run_module, systemd, home: Path):
        systemd("")
        result = run_module(
            wsgi_app_info,
            name="no-such-app",
            home=str(home),
            data=str(home),
            takes_over=True,
            _ansible_check_mode=True,
        )
        assert (result["changed"], result["claim"]) == (False, "")
        assert not Path("/run/subsite/no-such-app").exists()


@pytest.mark.parametrize("there", [False, True], ids=["nothing", "link to nowhere"])
def test_time_is_a_path_s_own(tmp_path: Path, there: bool):
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
def test_directories(home: Path, part: str, names: list[str]):
    assert wsgi_app_info.directories(home / part) == names


def test_current_is_what_the_unit_stands_for(tmp_path: Path):
    (tmp_path / "wsgi-shop.service").symlink_to("wsgi-shop.0123456789ab.service")
    assert wsgi_app_info.current("shop", str(tmp_path)) == "0123456789ab"


@pytest.mark.parametrize("there", [False, True], ids=["no unit", "unit of somebody else"])
def test_current_is_empty_with(tmp_path: Path, there: bool):
    if there:
        (tmp_path / "wsgi-shop.service").touch()
    assert wsgi_app_info.current("shop", str(tmp_path)) == ""


@pytest.mark.parametrize(
    ("units", "instances"),
    [
        pytest.param("", {}, id="none"),
        pytest.param(
            "wsgi-shop.0123.service loaded active running WSGI app shop\n",
            {"0123": "active"},
            id="one",
        ),
        pytest.param(
            "wsgi-shop.9999.service loaded deactivating stop-sigterm WSGI app shop\n"
            "wsgi-shop.0123.service loaded active running WSGI app shop\n",
            {"0123": "active", "9999": "deactivating"},
            id="one comes and one goes",
        ),
    ],
)
def test_instances(systemd, units: str, instances: dict[str, str]):
    systemd(units)
    assert wsgi_app_info.instances("shop") == instances


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
    """What is somebody else's is found before anything changes."""

    SOCKET = "# Written by subsite.deploy.wsgi_app; ...\n[Socket]\nListenStream={}\n"

    @pytest.fixture
    def found(self, tmp_path: Path):
        def found(listen: str, data: str = "/var/lib/wsgi/shop") -> list[str]:
            return list(wsgi_app_info.collisions("shop", listen, data, str(tmp_path)))

        return found

    @pytest.mark.parametrize("listen", ["/run/wsgi/shop.sock", "127.0.0.1:8000"])
    def test_with_the_address_of_another_app(self, found, tmp_path: Path, listen: str):
        (tmp_path / "wsgi-store.socket").write_text(self.SOCKET.format(listen))
        assert found(listen) == [
            f"wsgi_app_listen is {listen!r}, but wsgi-store.socket has that address already: give "
            "the app an address of its own, as in '/run/wsgi/shop.sock'."
        ]

    @pytest.mark.parametrize(
        ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    )
    def test_with_who_listens_at_a_port(self, found, family: int, host: str):
        with socket.create_server((host, 0), family=family) as listener:
            port = listener.getsockname()[1]
            listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            [said] = found(listen)
        assert said.startswith(f"wsgi_app_listen is {listen!r}, but somebody answers there already")
        assert found(listen) == []

    def test_with_who_listens_at_a_socket(self, found, tmp_path: Path):
        listen = str(tmp_path / "x.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(listen)
            assert found(listen) == []
            listener.listen()
            [said] = found(listen)
        assert said.startswith(f"wsgi_app_listen is {listen!r}, but somebody answers there already")

    def test_not_with_itself(self, found, tmp_path: Path):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listen = f"127.0.0.1:{listener.getsockname()[1]}"
            (tmp_path / "wsgi-shop.socket").write_text(self.SOCKET.format(listen))
            assert found(listen) == []

    def test_not_with_an_address_that_is_elsewhere(self, found):
        assert found("192.0.2.1:8000") == []

    def test_with_a_unit_that_nobody_here_wrote(self, found, tmp_path: Path):
        (tmp_path / "wsgi-shop.socket").write_text("[Socket]\nListenStream=/run/x.sock\n")
        assert found("/run/x.sock") == [
            "wsgi_app_name is 'shop', but the host has a unit wsgi-shop.socket already, which this "
            "role did not write: give the app another name."
        ]

    @pytest.mark.parametrize(("home", "count"), [("/var/lib/wsgi/shop", 0), ("/home/shop", 1)])
    def test_with_a_user(self, found, monkeypatch, home: str, count: int):
        monkeypatch.setattr(wsgi_app_info, "home_of", {"wsgi-shop": home}.get)
        assert found("/run/wsgi/shop.sock") == count * [
            "wsgi_app_name is 'shop', but the host has a user wsgi-shop already, who lives in "
            f"{home} and is not the app's: give the app another name."
        ]

    @pytest.mark.parametrize(("user", "home"), [("root", "/root"), ("wsgi-no-such-user", "")])
    def test_user_lives_where_the_host_says(self, user: str, home: str):
        assert wsgi_app_info.home_of(user) == home

    def test_ends_the_module(self, run_module, systemd, tmp_path: Path):
        systemd("")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listen = f"127.0.0.1:{listener.getsockname()[1]}"
            result = run_module(
                wsgi_app_info, name="no-such-app", home="/x", data="/y", listen=listen
            )
        assert result["failed"]
        assert result["msg"].startswith(f"wsgi_app_listen is {listen!r}")


def test_module_tells_all(run_module, systemd, home: Path):
    systemd("")
    result = run_module(wsgi_app_info, name="no-such-app", home=str(home), data=f"{home}/data")
    told = {key: result[key] for key in ("changed", "claim", "current", "data_owner", "instances")}
    assert told == {
        "changed": False,
        "claim": "",
        "current": "",
        "data_owner": None,
        "instances": {},
    }


class TestEngine:
    """What the role does not install has to be there before anything changes."""

    @pytest.fixture
    def has(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        def has(*programs: str) -> None:
            for program in programs:
                (tmp_path / program).touch(mode=0o755)
            monkeypatch.setenv("PATH", str(tmp_path))

        return has

    def test_is_named_with_what_to_do_if_it_is_missing(self, has):
        has("podman")
        [said] = wsgi_app_info.lacks("docker")
        assert said.startswith("wsgi_app_backend is 'docker', but the host has no docker: install")

    @pytest.mark.parametrize(
        ("programs", "backend"),
        [(["docker"], "docker"), ([], "podman"), ([], "rootless_podman"), ([], "systemd")],
    )
    def test_is_there_or_will_be(self, has, programs: list[str], backend: str):
        has(*programs)
        assert list(wsgi_app_info.lacks(backend)) == []


LISTEN = "/run/wsgi/shop.sock"


class TestReplaceable:
    """What root runs or mounts cannot be replaced by others."""

    @pytest.fixture
    def theirs(self, tmp_path: Path) -> Path:
        directory = tmp_path / "theirs"
        directory.mkdir()
        os.chown(directory, 65534, 65534)
        return directory

    def test_interpreter_of_another_is_named(self, theirs: Path):
        [said] = wsgi_app_info.replaceable(f"{theirs}/python", [], LISTEN)
        assert said.startswith(
            f"wsgi_app_python is '{theirs}/python', but others than root can change {theirs}: "
        )

    def test_writable_path_below_a_directory_of_another_is_named(self, theirs: Path):
        [said] = wsgi_app_info.replaceable("/usr/bin/python3", [f"{theirs}/media"], LISTEN)
        assert said.startswith(f"wsgi_app_writable_paths has '{theirs}/media', but others")

    def test_what_is_root_s_is_not_named(self):
        paths = ["/srv/media", "/var/tmp"]
        for listen in (LISTEN, "127.0.0.1:8000"):
            assert list(wsgi_app_info.replaceable("/usr/bin/python3", paths, listen)) == []

    def test_socket_below_a_directory_of_another_is_named(self, theirs: Path):
        listen = f"{theirs}/app.sock"
        [said] = wsgi_app_info.replaceable("/usr/bin/python3", [], listen)
        assert said.startswith(f"wsgi_app_listen is {listen!r}, but others than root can change")

    def test_ends_the_module(self, run_module, systemd, theirs: Path):
        systemd("")
        result = run_module(
            wsgi_app_info,
            name="no-such-app",
            home="/x",
            data="/y",
            listen="/run/wsgi/no-such-app.sock",
            writable_paths=[f"{theirs}/media"],
        )
        assert (result["failed"], "wsgi_app_writable_paths" in result["msg"]) == (True, True)


class TestAltered:
    """A socket that a process has spoiled for all others is found."""

    @pytest.fixture(params=["unix", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"])
    def listener(self, request, tmp_path: Path):
        if request.param == "unix":
            listener, listen = socket.socket(socket.AF_UNIX), str(tmp_path / "x.sock")
            listener.bind(listen)
            listener.listen(2048)
        else:
            host = request.param
            is_6 = host.startswith("[")
            listener = socket.create_server(
                (host.strip("[]"), 0),
                family=socket.AF_INET6 if is_6 else socket.AF_INET,
                backlog=2048,
                dualstack_ipv6=host == "[::]",
            )
            listen = f"{host}:{listener.getsockname()[1]}"
        with listener:
            yield listener, listen

    def test_is_as_it_was_made(self, listener):
        assert not wsgi_app_info.altered(listener[1])

    def test_is_shut_down(self, listener):
        listener[0].shutdown(socket.SHUT_RDWR)
        assert wsgi_app_info.altered(listener[1])

    def test_is_gone(self, tmp_path: Path):
        assert wsgi_app_info.altered(str(tmp_path / "none.sock"))

    def test_lets_fewer_wait(self, listener):
        listener[0].listen(1)
        assert wsgi_app_info.altered(listener[1])
