"""Input errors of an app that only its host can find."""

import os
import socket
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import host_errors, layout
from ansible_collections.subsite.deploy.plugins.modules import wsgi_app_info


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
    errors = list(host_errors.unusable("mails", calendar))
    assert len(errors) == bool(error)
    assert all(f"wsgi_app_schedules[mails].calendar is {error}" in each for each in errors)


class TestCollision:
    """Names and addresses that something else has are found before anything changes."""

    SOCKET = "# Written by subsite.deploy.wsgi_app; ...\n[Socket]\nListenStream={}\n"

    @pytest.fixture
    def found(self, tmp_path: Path):
        def found(listen: str) -> list[str]:
            return list(host_errors.collisions("shop", listen, str(tmp_path)))

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
        monkeypatch.setattr(host_errors, "home_of", lambda name: homes.get(name, ""))
        assert found("/run/wsgi/shop.sock") == [
            f"wsgi_app_name is 'shop', but the host has a user {user} already, whose home is "
            "/home/shop, which the role did not create: give the app another name."
        ]

    def test_not_with_the_users_of_the_app(self, found, monkeypatch):
        app = layout.layout("shop")
        homes = {app.user: app.data_dir, app.build_user: app.cache_dir}
        monkeypatch.setattr(host_errors, "home_of", homes.get)
        assert found("/run/wsgi/shop.sock") == []

    @pytest.mark.parametrize(("user", "home"), [("root", "/root"), ("wsgi-no-such-user", "")])
    def test_home_of_a_user(self, user: str, home: str):
        assert host_errors.home_of(user) == home

    def test_ends_the_module(self, run_module, systemd, tmp_path: Path):
        systemd("")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listen = f"127.0.0.1:{listener.getsockname()[1]}"
            result = run_module(wsgi_app_info, name="no-such-app", listen=listen)
        assert result["failed"]
        assert result["msg"].startswith(f"wsgi_app_listen is {listen!r}")


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
        [said] = host_errors.missing_engine("docker")
        assert said.startswith("wsgi_app_backend is 'docker', but the host has no docker: install")

    @pytest.mark.parametrize(
        ("programs", "backend"),
        [(["docker"], "docker"), ([], "podman"), ([], "rootless_podman"), ([], "systemd")],
    )
    def test_exists_or_will_be_installed(self, has, programs: list[str], backend: str):
        has(*programs)
        assert list(host_errors.missing_engine(backend)) == []


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
        [said] = host_errors.replaceable(f"{theirs}/python", [], LISTEN)
        assert said.startswith(
            f"wsgi_app_python is '{theirs}/python', but users other than root can change {theirs}: "
        )

    def test_writable_path_below_a_directory_of_another_user(self, theirs: Path):
        [said] = host_errors.replaceable("/usr/bin/python3", [f"{theirs}/media"], LISTEN)
        assert said.startswith(f"wsgi_app_writable_paths has '{theirs}/media', but users")

    def test_statsd_server_below_a_directory_of_another_user(self, theirs: Path):
        statsd = f"{theirs}/shop/socket"
        [said] = host_errors.replaceable("/usr/bin/python3", [], LISTEN, statsd)
        assert said.startswith(
            f"wsgi_app_statsd is {statsd!r}, but users other than root can change {theirs}: "
        )

    def test_statsd_server_in_a_directory_of_another_user(self, theirs: Path):
        """The server creates its socket there."""
        statsd = f"{theirs}/socket"
        assert list(host_errors.replaceable("/usr/bin/python3", [], LISTEN, statsd)) == []

    def test_paths_of_root(self):
        paths = ["/srv/media", "/var/tmp"]
        for listen in (LISTEN, "127.0.0.1:8000"):
            assert list(host_errors.replaceable("/usr/bin/python3", paths, listen)) == []

    def test_socket_below_a_directory_of_another_user(self, theirs: Path):
        listen = f"{theirs}/app.sock"
        [said] = host_errors.replaceable("/usr/bin/python3", [], listen)
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
