"""Twenty hosts of an inventory on the four machines: ten hosts of apps, and ten of sites.

The sites are those of scenario ``origins``. Each has both machines of the apps as upstreams.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial

import pytest
from asking import answers
from controller import PROJECT, Run
from machines import APP1, APP2, WEB1, WEB2
from origins import MODES, REQUEST, SITES, TABLE, TRUSTED, origin_of, rows

APPS = {"collapse": 8001, "append": 8002, "third": 8003, "fourth": 8004, "fifth": 8005}
"""The apps, each on both machines, with their ports."""
MACHINES = dict(zip([*TABLE, "passed-on"], [WEB1, WEB2] * 5, strict=True))
"""The machine of each site. Scenario ``origins`` says what the sites are."""
ROUNDS = 3
"""How often each run is measured."""
UPSTREAMS = {APP1.container, APP2.container}
"""Names of the hosts. Each request is sent to one after the other."""


def app_hosts() -> dict[str, dict]:
    """Return the variables of the hosts of apps."""
    return {
        f"{name}-{machine.name}": {
            "ansible_host": machine.container,
            "private_address": machine.address,
            "wsgi_app_name": name,
            "wsgi_app_source": {"type": "local", "path": str(PROJECT / "tests/apps")},
            "wsgi_app_callable": "echo:app",
            "wsgi_app_forwarded": "append" if name == "append" else "collapse",
            "wsgi_app_listen": f"{machine.address}:{port}",
            "wsgi_app_workers": 1,
        }
        for name, port in APPS.items()
        for machine in (APP1, APP2)
    }


def site_hosts() -> dict[str, dict]:
    """Return the variables of the hosts of sites."""
    return {
        mode: {
            **SITES["vars"],
            **MODES[mode],
            "ansible_host": MACHINES[mode].container,
            "private_address": MACHINES[mode].address,
            "nginx_site_status_listen": "",
            "nginx_site_mounts": [{"path": "/api", "upstreams": upstreams(mode)}],
        }
        for mode in MACHINES
    }


def upstreams(mode: str) -> list[str]:
    """Return the addresses of the app that counts as many values as the site forwards."""
    port = APPS[MODES[mode].get("nginx_site_forwarded", "collapse")]
    return [f"{machine.address}:{port}" for machine in (APP1, APP2)]


@pytest.fixture(scope="module")
def deploy_twenty(deploy, tmp_path_factory) -> Callable[..., Run]:
    """Return a function that deploys to the twenty hosts."""
    inventory = tmp_path_factory.mktemp("twenty") / "hosts.json"
    groups = {"app": app_hosts(), "web": site_hosts()}
    twenty = [name for hosts in groups.values() for name in hosts]
    assert len(twenty) == 20
    inventory.write_text(
        json.dumps(
            {
                **{name: {"hosts": hosts} for name, hosts in groups.items()},
                "twenty": {"hosts": dict.fromkeys(twenty)},
            }
        )
    )
    return partial(deploy, "site", f"--inventory={inventory}", "--limit=twenty")


@pytest.fixture(scope="module")
def twenty(deploy, deploy_twenty) -> Callable[..., Run]:
    """Deploy to all hosts, so that the next run has nothing to do."""
    deploy()
    deploy_twenty()
    return deploy_twenty


def test_origins(twenty):
    """Each upstream receives the same origin, whatever the client sends."""
    wrong = []
    for machine in (WEB1, WEB2):
        here = [row.values for row in rows(*TABLE) if MACHINES[row.values[0]] is machine]
        requests = [
            (TRUSTED, *MODES[mode]["nginx_site_listen"], [REQUEST, *headers])
            for mode, headers, _ in here
            for _ in UPSTREAMS
        ]
        received = iter(answers(machine.container, requests))
        for mode, headers, origin in here:
            found = [next(received) for _ in UPSTREAMS]
            hosts = {json.loads(body)["host"] for status, body in found if status == 200}
            origins = {origin_of(*answer) for answer in found}
            if origins != {origin} or hosts not in (set(), UPSTREAMS):
                wrong.append((mode, headers, origin, origins, hosts))
    assert wrong == []


@pytest.mark.measures
def test_more_hosts_take_little_longer(deploy, twenty, tell):
    runs = {
        2: lambda: deploy("site", "--limit=app1,web1"),
        4: deploy,
        20: twenty,
    }
    took: dict[int, list[float]] = {hosts: [] for hosts in runs}
    # In turns, so that all have the same share of other work on this machine.
    for hosts in [*runs] * ROUNDS:
        began = time.monotonic()
        run = runs[hosts]()
        took[hosts].append(time.monotonic() - began)
        assert run.changed == 0
    one, both, many = (statistics.median(took[hosts]) for hosts in runs)
    tell(
        f"a run with nothing to do: {one:.1f} s for a host of the app and one of nginx, "
        f"{both:.1f} s for two of each ({both / one:.1f} times), "
        f"{many:.1f} s for ten of each ({many / one:.1f} times; medians of {ROUNDS})"
    )
    assert both / one <= 1.6
    assert many / one <= 5
