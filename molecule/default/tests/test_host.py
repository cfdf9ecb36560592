"""Units, sockets, users and file modes on the host."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from client import ask
from patience import eventually

APPS = ["demo", "bin"]


@pytest.fixture(params=APPS)
def app(request) -> str:
    return request.param


@pytest.fixture
def release(host, app) -> str:
    return host.check_output(f"readlink /etc/systemd/system/wsgi-{app}.service").split(".")[1]


def test_socket_listens(host, app):
    assert host.socket(f"unix:///run/wsgi/{app}.sock").is_listening


def test_only_nginx_may_connect_to_the_socket(host, app):
    socket = host.file(f"/run/wsgi/{app}.sock")
    assert (socket.user, socket.group, socket.mode) == ("root", "www-data", 0o660)


def test_socket_listens_after_a_boot(host, app):
    assert host.service(f"wsgi-{app}.socket").is_enabled


def test_unit_has_the_name_of_the_app(host, app):
    assert host.service(f"wsgi-{app}").is_running


def test_processes_run_as_the_app_user(host, app, release):
    pid = host.check_output(f"systemctl show --value -p MainPID wsgi-{app}.{release}.service")
    children = host.check_output(f"cat /proc/{pid}/task/{pid}/children")
    owners = host.check_output(f"cd /proc && stat -c %U {pid} {children}").split()
    assert owners == [f"wsgi-{app}"] * 3


def test_user_cannot_log_in(host, app):
    assert host.user(f"wsgi-{app}").shell == "/usr/sbin/nologin"


def test_app_cannot_write_its_code(host, app):
    command = f"runuser -u wsgi-{app} -- find /srv/wsgi/{app} -writable -not -type l"
    assert host.check_output(command) == ""


@pytest.mark.parametrize(
    "directory", ["/srv/wsgi/bin/releases", "/var/lib/wsgi/bin", "/var/cache/wsgi/bin"]
)
def test_app_cannot_read_another_app(host, directory):
    assert host.run(f"runuser -u wsgi-demo -- ls {directory}").rc != 0


def test_environment_file_is_for_root(host, app, release):
    modes = host.check_output(
        f"stat -c '%U %a' /srv/wsgi/{app}/releases/{release}/environment_variables "
        f"/srv/wsgi/{app}/releases/{release}/secrets"
    )
    assert modes.split("\n") == ["root 600", "root 600"]


def test_no_control_socket(host):
    assert host.check_output("find / -xdev -name 'gunicorn*.ctl'") == ""


def test_record_names_the_release(host, app, release):
    record = host.check_output(f"cat /srv/wsgi/{app}/releases/{release}/release.json")
    assert f'"release": "{release}"' in record


def test_killed_release_restarts(host):
    host.check_output("systemctl kill --signal=KILL wsgi-demo.service")
    assert ask("/api/result").status == 200


def test_stop_waits_for_a_request(host):
    """Also if systemd has not read the units again since the start."""
    host.check_output("systemctl restart wsgi-bin.service")
    connected = "ss --no-header --unix state connected src /run/wsgi/bin.sock"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, "/bin/delay/3")
        assert eventually(lambda: host.check_output(connected))
        host.check_output("systemctl stop wsgi-bin.service")
        assert answer.result().status == 200


def test_request_starts_a_stopped_release(host):
    host.check_output("systemctl stop wsgi-demo.service")
    assert ask("/api/result").status == 200
