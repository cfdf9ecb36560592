"""Two hosts with one site: each answers the challenges of the certbot of the other one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from serving import Nginx, free_ports, running

DIRECTORY = "/.well-known/acme-challenge"


@pytest.fixture(scope="module")
def hosts(nginx_site, server_at, tmp_path_factory) -> Iterator[list]:
    """Serve the site on two hosts, which both know all, and a third one that is down."""
    ports = free_ports(3)
    with ExitStack() as stack:
        servers = []
        for number, port in enumerate(ports[:2]):
            nginx = Nginx(tmp_path_factory.mktemp(f"host{number}"))
            nginx.add(
                nginx_site,
                {
                    "nginx_site_name": "main",
                    "nginx_site_server_names": ["example.org"],
                    "nginx_site_listen": [f"127.0.0.1:{port}"],
                    "nginx_site_tls": {
                        "mode": "acme",
                        "challenge_upstreams": [f"127.0.0.1:{each}" for each in ports],
                    },
                    "nginx_site_mounts": [{"path": "/", "root": f"{nginx.top}/page"}],
                    "nginx_site_allow": ["203.0.113.0/24"],
                    "__nginx_site_served_certificate": {},
                },
            )
            put_challenge(nginx.top, f"token{number}")
            stack.enter_context(running(nginx))
            servers.append(server_at(port, nginx.top))
        yield servers


def put_challenge(top: Path, name: str) -> None:
    path = top / f"srv/main/acme{DIRECTORY}/{name}"
    path.parent.mkdir(parents=True)
    path.write_text(f"answer of {name}")


@pytest.mark.parametrize("host", [0, 1])
@pytest.mark.parametrize("token", ["token0", "token1"])
def test_any_host_answers(hosts, host: int, token: str):
    answer = hosts[host].get(f"{DIRECTORY}/{token}", host="example.org")
    assert (answer.status, answer.text) == (200, f"answer of {token}")


@pytest.mark.parametrize("host", [0, 1])
def test_host_without_it_asks_each_other_once(hosts, host: int):
    path = f"{DIRECTORY}/none{host}"
    # 502 if nginx asks the host that is down last.
    assert hosts[host].get(path, host="example.org").status in (404, 502)
    logs = [server.top / "access.log" for server in hosts]
    assert sum(log.read_text().count(path) for log in logs) <= 3


def test_rules_hold_for_all_else(hosts):
    assert hosts[0].get("/", host="example.org").status == 403
