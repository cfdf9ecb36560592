"""The confinement of tasks, and where secrets are."""

from __future__ import annotations

import json

import pytest

SERVICES = ["nginx", "demo", "echo", "greeter", "greeter-worker"]
SECRETS = ("hunter2", "greeter-swordfish", "registry-swordfish")
ASK = """
import urllib.request
request = urllib.request.Request("http://{address}/api/whoami")
request.headers |= {{"Host": "localhost", "Accept": "application/json"}}
print(urllib.request.urlopen(request).read().decode())
"""


@pytest.mark.parametrize("service", SERVICES)
def test_container_is_confined(in_container, service: str):
    said = in_container(service, "sh -c 'touch /srv/x /etc/x 2>&1; true'")
    assert said.count("Read-only file system") == 2
    status = in_container(service, "grep -E '^(CapBnd|CapEff|Uid)' /proc/1/status").split()
    assert status == ["Uid:", *["10001"] * 4, "CapEff:", "0" * 16, "CapBnd:", "0" * 16]


def test_client_address_is_right(nodes):
    """nginx has the ports of its node, and not those of Swarm's mesh, which hides clients."""
    answer = nodes[1].run(f"python3 -c '{ASK.format(address=nodes[0].address)}'")
    assert json.loads(answer.stdout)["remote_addr"] == nodes[1].address


@pytest.mark.parametrize(("app", "found"), [("bin", False), ("greeter", False), ("echo", True)])
def test_app_finds_no_other_app(in_container, app: str, found: bool):
    said = in_container("echo", f"sh -c 'getent hosts tasks.{app} || echo nothing'")
    assert (said == "nothing") == (not found)


def test_secrets_are_in_no_description(docker, nodes):
    described = [docker(f"{kind} inspect $(docker {kind} ls --quiet)") for kind in KINDS]
    described += [docker("inspect $(docker ps --quiet)", node) for node in nodes]
    assert "PYTHONPATH" in described[0]
    assert not [secret for secret in SECRETS if secret in "".join(described)]


KINDS = ("service", "config", "secret")


def test_secrets_are_in_no_image(docker):
    images = "$(docker image ls --quiet --filter reference='*:5000/site/*')"
    assert docker(f"image save {images} | grep -c -e hunter2 -e greeter-swordfish || true") == "0"


def test_login_leaves_no_trace(nodes):
    assert nodes[0].run("ls -d /home/me/site/login /home/me/.docker").stdout == ""
