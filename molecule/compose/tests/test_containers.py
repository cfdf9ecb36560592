"""The sandbox of a container, and where secrets are."""

from collections.abc import Iterator

import pytest

APPS = ["demo", "bin", "echo"]
SERVICES = ["nginx", *APPS]
CONNECT = "import socket; socket.create_connection(({host!r}, {port}), 3)"
SECRET = "hunter2"


@pytest.mark.parametrize("service", SERVICES)
def test_container_is_read_only(in_container, service):
    outcome = in_container(service, "touch", "/srv/x", "/etc/x", "/usr/x")
    assert outcome.stderr.count("Read-only file system") == 3


@pytest.mark.parametrize("service", SERVICES)
def test_container_runs_as_the_calling_user(host, in_container, service):
    assert in_container(service, "id", "-u").stdout == host.check_output("id -u me") + "\n"


@pytest.mark.parametrize("service", SERVICES)
def test_container_has_no_capabilities(in_container, service):
    status = in_container(service, "grep", "-E", "^(Cap|NoNewPrivs)", "/proc/1/status").stdout
    assert {line.split()[1] for line in status.splitlines()} == {"0" * 16, "1"}


@pytest.mark.parametrize("app", APPS)
def test_only_nginx_reaches_the_app(inspect, app):
    settings = {name: inspect(name)["NetworkSettings"] for name in SERVICES}
    reached = {
        name for name in SERVICES if settings[name]["Networks"].keys() & settings[app]["Networks"]
    }
    assert (reached, settings[app]["Ports"]) == ({"nginx", app}, {})


@pytest.mark.parametrize(("app", "other"), [("demo", "bin"), ("demo", "echo"), ("echo", "bin")])
def test_app_cannot_reach_another_app(inspect, in_container, app, other):
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
def test_app_reaches_the_network_only_if_allowed(neighbour, in_container, app, said):
    connect = CONNECT.format(host=neighbour, port=9000)
    outcome = in_container(app, "python3", "-c", connect)
    assert (outcome.succeeded, said in outcome.stderr) == (not said, True)


def test_secret_is_not_in_docker_inspect(host):
    details = host.check_output("docker inspect site-echo-1")
    image = host.check_output("docker inspect --format '{{.Image}}' site-echo-1")
    history = host.check_output("docker history --no-trunc %s", image)
    assert ("GREETING" in details, SECRET in details, SECRET in history) == (
        False,
        False,
        False,
    )


def test_secret_is_not_in_the_image(host):
    found = host.run(
        "docker save $(docker inspect --format '{{.Image}}' site-echo-1) | grep -c %s", SECRET
    )
    assert found.stdout == "0\n"


def test_secret_files_are_private(host, directory):
    found = host.check_output("grep -rl --exclude-dir=public %s %s", SECRET, directory).split()
    assert {path.rsplit("/", 1)[-1] for path in found} == {"secrets"}
    assert {(host.file(path).user, host.file(path).mode) for path in found} == {("me", 0o600)}


def test_directory_is_private(host, directory):
    assert host.file(directory).mode == 0o700
