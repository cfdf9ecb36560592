"""A run updates what has changed, and reports errors."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from client import ask
from controller import PROJECT, Run, deploy, play

COMPOSE = PROJECT / "playbooks/compose.yml"


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> Iterator[Callable[..., Run]]:
    """Return a function that runs the playbook with other variables of one host, for a while."""
    inventory = tmp_path_factory.mktemp("inventory")
    (inventory / "host_vars").mkdir()

    def changed(name: str, **variables: object) -> Run:
        (inventory / f"host_vars/{name}.yml").write_text(yaml.safe_dump(variables))
        (inventory / "hosts.yml").write_text("all: {}\n")
        run = play(COMPOSE, f"--inventory={inventory}", "--diff")
        (inventory / f"host_vars/{name}.yml").unlink()
        return run

    yield changed
    deploy(COMPOSE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Another version of the echo app."""
    shutil.copytree(PROJECT / "tests/apps", tmp_path / "apps")
    app = tmp_path / "apps/echo.py"
    app.write_text(app.read_text().replace('"method": request.method', '"method": "changed"'))
    return tmp_path / "apps"


def method() -> str:
    return ask("/api/x", host="example.org", port=8001).json["method"]


def test_check_mode_changes_nothing():
    run = deploy(COMPOSE, "--check", "--diff")
    assert (run.changed, run.differences) == (0, [])


def test_new_code_serves(host, inspect, changed, source):
    others = {name: inspect(name)["Id"] for name in ("demo", "bin")}
    before = inspect("echo")["Image"]
    run = changed("echo", wsgi_app_source={"type": "local", "path": str(source)})
    assert run.succeeded, run.output
    assert method() == "changed"
    assert {name: inspect(name)["Id"] for name in others} == others
    assert before not in host.check_output("docker images --no-trunc --quiet")


def test_new_site_serves(changed):
    run = changed("edge", nginx_site_mounts=[{"path": "/old", "redirect": "/new"}])
    assert run.succeeded, run.output
    answer = ask("/old", host="example.org", port=8001)
    assert (answer.status, answer.location) == (302, "/new")


def test_unhealthy_app_fails_with_its_log(changed):
    run = changed("echo", wsgi_app_health={"path": "/", "status": [418]})
    assert not run.succeeded
    assert "The health check of /api/ failed: 200 OK" in run.output


def test_input_error_comes_before_any_change(host, changed, directory):
    files = f"find {directory} -printf '%p %T@\n' | sha256sum"
    deploy(COMPOSE)
    before = host.check_output(files)
    run = changed("edge", nginx_site_mounts=[{"path": "/api", "app": "missing"}])
    assert "nginx_site_mounts[0].app is 'missing', but the apps of the inventory are" in run.output
    assert host.check_output(files) == before
