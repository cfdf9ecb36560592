"""A container can do what it is for, and nobody learns a secret from outside of it."""

from collections.abc import Iterator

import pytest

APPS = ["demo", "bin", "echo"]
SERVICES = ["nginx", *APPS]
CONNECT = "import socket; socket.create_connection(({host!r}, {port}), 3)"
SECRET = "hunter2"


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_of_it_can_be_written(in_container, service):
    outcome = in_container(service, "touch", "/srv/x", "/etc/x", "/usr/x")
    assert outcome.stderr.count("Read-only file system") == 3


@pytest.mark.parametrize("service", SERVICES)
def test_runs_as_who_started_it(host, in_container, service):
    assert in_container(service, "id", "-u").stdout == host.check_output("id -u me") + "\n"


@pytest.mark.parametrize("service", SERVICES)
def test_has_no_capabilities_and_gains_none(in_container, service):
    status = in_container(service, "grep", "-E", "^(Cap|NoNewPrivs)", "/proc/1/status").stdout
    assert {line.split()[1] for line in status.splitlines()} == {"0" * 16, "1"}


@pytest.mark.parametrize("app", APPS)
def test_app_is_reached_by_nginx_alone(inspect, app):
    settings = {name: inspect(name)["NetworkSettings"] for name in SERVICES}
    reached = {
        name for name in SERVICES if settings[name]["Networks"].keys() & settings[app]["Networks"]
    }
    assert (reached, settings[app]["Ports"]) == ({"nginx", app}, {})


@pytest.mark.parametrize(("app", "other"), [("demo", "bin"), ("demo", "echo"), ("echo", "bin")])
def test_app_cannot_connect_to_another(inspect, in_container, app, other):
    for network in inspect(other)["NetworkSettings"]["Networks"].values():
        connect = CONNECT.format(host=network["IPAddress"], port=8000)
        assert in_container(other, "python3", "-c", connect).succeeded
        assert in_container(app, "python3", "-c", connect).failed


@pytest.fixture
def neighbour(host) -> Iterator[str]:
    """Return the address of a machine that can be connected to at port 9000."""
    host.check_output("systemd-run --unit=neighbour --socket-property=ListenStream=9000 cat")
    yield host.check_output("hostname --all-ip-addresses").split()[0]
    host.check_output("systemctl stop neighbour.socket")


@pytest.mark.parametrize(("app", "said"), [("demo", "unreachable"), ("echo", "")])
def test_app_connects_to_others_only_if_it_may(neighbour, in_container, app, said):
    connect = CONNECT.format(host=neighbour, port=9000)
    outcome = in_container(app, "python3", "-c", connect)
    assert (outcome.succeeded, said in outcome.stderr) == (not said, True)


def test_secret_is_not_in_what_docker_tells(host):
    told = host.check_output("docker inspect site-echo-1")
    image = host.check_output("docker inspect --format '{{.Image}}' site-echo-1")
    history = host.check_output("docker history --no-trunc %s", image)
    assert ("GREETING" in told, SECRET in told, SECRET in history) == (False, False, False)


def test_secret_is_not_in_the_image(host):
    found = host.run(
        "docker save $(docker inspect --format '{{.Image}}' site-echo-1) | grep -c %s", SECRET
    )
    assert found.stdout == "0\n"


def test_secret_is_in_files_that_are_their_owners_alone(host, directory):
    found = host.check_output("grep -rl --exclude-dir=public %s %s", SECRET, directory).split()
    assert {path.rsplit("/", 1)[-1] for path in found} == {"secrets"}
    assert {(host.file(path).user, host.file(path).mode) for path in found} == {("me", 0o600)}


def test_directory_is_closed_to_others(host, directory):
    assert host.file(directory).mode == 0o700
