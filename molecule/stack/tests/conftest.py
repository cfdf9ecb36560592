"""The nodes, the stack that they run, and runs of the playbook."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from clients import Watch, sending
from controller import PROJECT, Run, play
from machines import FLOWS, Machine

NODES = tuple(map(Machine, ("node1", "node2", "node3")))
MANAGER = NODES[0]
GREETER = [replace(flow, path=flow.path.replace("/api", "/greeter")) for flow in FLOWS]


@pytest.fixture(scope="session")
def nodes() -> tuple[Machine, ...]:
    """Return the nodes. The first one runs the playbook's commands."""
    return NODES


@pytest.fixture(scope="session")
def docker() -> Callable[[str], str]:
    def docker(arguments: str, node: Machine = MANAGER) -> str:
        """Return what a docker command writes, on the manager or on another node."""
        done = node.run(f"docker {arguments}")
        assert done.rc == 0, done.stderr
        return done.stdout.strip()

    return docker


@pytest.fixture(scope="session")
def service(docker) -> Callable[[str], dict[str, Any]]:
    """Return what docker says of a service of the stack."""
    return lambda name: json.loads(docker(f"service inspect site_{name}"))[0]


@pytest.fixture(scope="session")
def tasks(docker) -> Callable[[str], list[dict[str, Any]]]:
    def tasks(name: str) -> list[dict[str, Any]]:
        """Return the tasks of a service that should run and do."""
        options = "--filter desired-state=running --format '{{json .}}'"
        lines = docker(f"service ps {options} site_{name}").splitlines()
        found = map(json.loads, lines)
        return [task for task in found if task["CurrentState"].startswith("Running")]

    return tasks


@pytest.fixture(scope="session")
def in_container(docker, nodes) -> Callable[..., str]:
    def in_container(name: str, command: str) -> str:
        """Return the output of a command in a container of a service."""
        for node in nodes:
            names = f"ps --quiet --filter label=com.docker.swarm.service.name=site_{name}"
            containers = docker(names, node).split()
            if containers:
                return docker(f"exec {containers[0]} {command}", node)
        raise AssertionError(f"{name} has no container.")

    return in_container


@pytest.fixture(scope="session")
def try_to_deploy(tmp_path_factory) -> Callable[..., Run]:
    top: Path = tmp_path_factory.mktemp("inventory")
    (top / "host_vars").mkdir()
    (top / "hosts.yml").write_text("all: {}\n")

    def try_to_deploy(*options: str, **hosts: dict[str, Any]) -> Run:
        """Run the playbook with more variables of these hosts of the inventory."""
        for path in (top / "host_vars").iterdir():
            path.unlink()
        for name, variables in hosts.items():
            (top / f"host_vars/{name}.yml").write_text(yaml.safe_dump(variables))
        return play(PROJECT / "playbooks/stack.yml", f"--inventory={top}", *options)

    return try_to_deploy


@pytest.fixture(scope="session")
def deploy(try_to_deploy) -> Callable[..., Run]:
    def deploy(*options: str, **hosts: dict[str, Any]) -> Run:
        """Run the playbook, which has to succeed."""
        done = try_to_deploy(*options, **hosts)
        assert done.succeeded, done.output
        return done

    return deploy


@pytest.fixture(scope="session")
def roll_back() -> Callable[..., Run]:
    """Return a function that runs the playbook which rolls an app back."""
    playbook = PROJECT / "playbooks/stack_rollback.yml"
    return lambda app, *options: play(playbook, f"--limit={app}", *options)


@pytest.fixture(scope="session")
def clients() -> Callable[[], AbstractContextManager[Watch]]:
    """Return a context manager in which clients send requests to nginx on the manager."""
    return partial(sending, GREETER, host="localhost", address=f"{MANAGER.address}:80")
