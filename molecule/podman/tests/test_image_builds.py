"""What a build script reaches during the build of an image, and that all its processes end."""

from __future__ import annotations

import json
import os

import pytest
from client import ask

BACKEND = os.environ["SUBSITE_BACKEND"]
TOKEN = "what-the-app-alone-knows"
LEFT = "77777.25"
"""How long a process of the build would sleep, which tells it from all others."""
UNCHANGEABLE = {"docker": {13, 18, 27}}
"""The capabilities of every build: docker has no option to remove them."""
PORT = 9999
ABSTRACT = "subsite-canary"
"""Where the canary of the host can be met: a port of its loopback, and an abstract unix socket."""

CANARY = f"""
import socket, threading

def meet(family, address):
    with socket.socket(family) as door:
        door.bind(address)
        door.listen()
        while True:
            with door.accept()[0] as client:
                client.sendall(b"canary")

threading.Thread(target=meet, args=(socket.AF_INET, ("127.0.0.1", {PORT}))).start()
meet(socket.AF_UNIX, "\\0{ABSTRACT}")
"""

SETUP = f"""
import os, pathlib, socket, struct, subprocess, sys
from setuptools import setup

ADDRESSES = []

def meets(family, address):
    try:
        with socket.socket(family) as client:
            client.settimeout(3)
            client.connect(address)
            return b"canary" in client.recv(6)
    except OSError:
        return False

def gateways():
    for line in pathlib.Path("/proc/net/route").read_text().splitlines()[1:]:
        gateway = int(line.split()[2], 16)
        if gateway:
            yield socket.inet_ntoa(struct.pack("<L", gateway))

def stay():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            null = os.open("/dev/null", os.O_RDWR)
            for stream in range(3):
                os.dup2(null, stream)
            os.execvp("sleep", ["sleep", "{LEFT}"])
        os._exit(0)
    os.wait()

stay()
# A build runs the script several times; only the last run writes the file for the app.
if "bdist_wheel" in sys.argv:
    hosts = ["127.0.0.1", *ADDRESSES, *gateways(), "169.254.1.2", "10.0.2.2"]
    status = pathlib.Path("/proc/self/status").read_text()
    found = {{
        "met": [host for host in hosts if meets(socket.AF_INET, (host, {PORT}))],
        "met_abstract": meets(socket.AF_UNIX, "\\0{ABSTRACT}"),
        "status": dict(line.split(":\\t", 1) for line in status.splitlines()),
        "first": pathlib.Path("/proc/1/comm").read_text().strip(),
        "mounts": [line.split()[1] for line in open("/proc/mounts")],
        "secret": subprocess.run(
            ["grep", "-rl", "{TOKEN[:-1]}[{TOKEN[-1]}]", "/", "/proc/self/environ"]
            + [f"--exclude-dir={{name}}" for name in ("proc", "sys", "dev")],
            capture_output=True,
            text=True,
        ).stdout.split(),
    }}
    pathlib.Path("found.py").write_text(f"SEEN = {{found!r}}\\n")
setup(name="news", version="1", py_modules=["found"])
"""

APP = '''

def app(environ, start_response):
    """Return what the build found."""
    import json
    from found import SEEN

    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(SEEN).encode()]
'''


@pytest.fixture(scope="module")
def canary(host):
    """Listen on addresses that only processes of the host may reach."""
    host.check_output("systemd-run --unit=canary --quiet python3 -c %s", CANARY)
    connect = f"import socket; assert socket.create_connection(('127.0.0.1', {PORT})).recv(6)"
    host.check_output(f'timeout 20 sh -c \'until python3 -c "$0"; do sleep 0.1; done\' "{connect}"')
    yield
    host.check_output("systemctl stop canary.service")


@pytest.fixture(scope="module")
def found(canary, host, source, deploy, address) -> dict:
    """Return what the build script found, from the app that it built."""
    script = SETUP.replace("ADDRESSES = []", f"ADDRESSES = [{address()!r}]")
    deploy(source(APP, **{"setup.py": script}), wsgi_app_secrets={"TOKEN": TOKEN})
    answer = ask("/news/")
    assert answer.status == 200
    yield json.loads(answer.text)
    deploy(source())


def test_host_loopback_is_unreachable(found):
    assert found["met"] == []


def test_host_abstract_sockets_are_unreachable(found):
    assert not found["met_abstract"]


def test_host_processes_are_invisible(host, found):
    assert found["first"] != host.check_output("cat /proc/1/comm")


def test_no_build_process_is_left(host, found):
    assert host.run("pgrep --full %s", f"^sleep {LEFT}").rc == 1


def test_app_secrets_are_absent(found):
    assert found["secret"] == []


def test_no_host_directory_is_mounted(found):
    engine_s = {
        "/etc/hosts",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/etc/pip.conf",
        "/run/.containerenv",
    }
    mounted = {path for path in found["mounts"] if path.split("/")[1] not in ("proc", "sys", "dev")}
    assert mounted - engine_s == {"/"}


@pytest.mark.parametrize(
    "capability",
    [
        pytest.param(2, id="read all files"),
        pytest.param(12, id="change the network"),
        pytest.param(13, id="send raw packets"),
        pytest.param(16, id="load modules"),
        pytest.param(17, id="use devices"),
        pytest.param(18, id="change its root"),
        pytest.param(19, id="trace processes"),
        pytest.param(21, id="administrate"),
        pytest.param(27, id="make devices"),
    ],
)
def test_capability_of_root_in_build(found, capability: int):
    has = bool(int(found["status"]["CapBnd"], 16) & 1 << capability)
    assert has == (capability in UNCHANGEABLE.get(BACKEND, set()))


def test_system_calls_are_filtered(found):
    assert found["status"]["Seccomp"] == "2"
