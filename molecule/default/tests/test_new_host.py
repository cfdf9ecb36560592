"""The first sites of a host that has no IPv6, and on which another program has port 80."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import yaml
from controller import PROJECT, Run, play
from new_host import new_host

PORTS = {"one": 8001, "two": 8002, "three": 8003}
"""The port of each site. All are deployed at the same time."""
WITHOUT_IPV6 = "[Service]\\nRestrictAddressFamilies=AF_UNIX AF_INET\\n"
OTHER_PROGRAM = "python3 -m http.server --directory /srv --bind 0.0.0.0 80"
ASK = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
connection.request("GET", "/")
answer = connection.getresponse()
print(answer.headers["Location"] or answer.read().decode().strip())
"""


@pytest.fixture(scope="module")
def new(container) -> Iterator:
    """Return a host whose nginx could not start as the distribution configures it."""
    with new_host(f"{container}-new") as host:
        host.check_output(
            "mkdir /etc/systemd/system/nginx.service.d &&"
            f"printf '{WITHOUT_IPV6}' >/etc/systemd/system/nginx.service.d/without_ipv6.conf &&"
            f"echo other >/srv/index.html && systemd-run --unit other {OTHER_PROGRAM}"
        )
        yield host


@pytest.fixture(scope="module")
def deploy_sites(container, tmp_path_factory) -> Callable[..., Run]:
    """Return a function that deploys sites, each with the addresses of its argument."""
    inventory = tmp_path_factory.mktemp("inventory") / "hosts.yml"

    def run(**sites: list[str]) -> Run:
        hosts = {
            name: {
                "ansible_host": f"{container}-new",
                "nginx_site_name": name,
                "nginx_site_server_names": ["127.0.0.1"],
                "nginx_site_listen": listen,
                "nginx_site_mounts": [{"path": "/", "redirect": f"https://{name}.example/"}],
            }
            for name, listen in sites.items()
        }
        inventory.write_text(yaml.safe_dump({"web": {"hosts": hosts}}))
        options = [f"--inventory={inventory}", f"--limit={','.join(sites)}"]
        return play(PROJECT / "playbooks/site.yml", *options, verify=False)

    return run


@pytest.fixture(scope="module")
def deployed(new, deploy_sites) -> Run:
    return deploy_sites(**{name: [f"0.0.0.0:{port}"] for name, port in PORTS.items()})


def answer(host, port: int) -> str:
    """Return where a port of the host redirects to, or else what it answers."""
    return host.check_output(f"python3 -c '{ASK}' {port}")


def test_sites_are_deployed_at_the_same_time(new, deployed):
    assert deployed.succeeded, deployed.output
    answers = {name: answer(new, port) for name, port in PORTS.items()}
    assert answers == {name: f"https://{name}.example/" for name in PORTS}


def test_host_starts_services_as_before(new, deployed):
    assert not new.file("/usr/sbin/policy-rc.d").exists


def test_nginx_starts_first_with_the_sites(new, deployed):
    assert new.run("journalctl --quiet --unit nginx.service --grep 'bind|socket|fail'").stdout == ""


@pytest.mark.parametrize(
    ("listen", "reason"),
    [
        pytest.param("0.0.0.0:80", "Address already in use", id="a taken port"),
        pytest.param("8004", "Address family not supported by protocol", id="no IPv6"),
    ],
)
def test_message_has_the_reason(new, deployed, deploy_sites, listen, reason):
    run = deploy_sites(one=[listen])
    assert not run.succeeded
    assert reason in run.output
    assert answer(new, 80) == "other"
    assert answer(new, PORTS["one"]) == "https://one.example/"
