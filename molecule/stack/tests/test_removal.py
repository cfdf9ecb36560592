"""An app, or all of them, leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

ABSENT_APP = {"wsgi_app_state": "absent"}
ABSENT_SITE = {"nginx_site_state": "absent"}
KINDS = ("service", "config", "secret", "network")
MOUNTS = [{"path": "/api", "app": "demo"}]


@pytest.fixture(scope="module", autouse=True)
def deployed_again(deploy) -> Iterator[None]:
    """Deploy all again at the end."""
    yield
    deploy()


def names(docker) -> str:
    """Return the names of all that the swarm has of the stack."""
    label = "--filter label=com.docker.stack.namespace=site"
    return "\n".join(docker(f"{kind} ls {label} --format '{{{{.Name}}}}'") for kind in KINDS)


def test_app_leaves_nothing(deploy, docker, nodes):
    others = ["echo", "bin", "greeter"]
    deploy(
        **{name: ABSENT_APP for name in others},
        main={"nginx_site_mounts": MOUNTS},
        edge=ABSENT_SITE,
    )
    left = names(docker)
    assert "site_demo" in left
    assert not [name for name in others if name in left]
    used = docker("service inspect site_nginx site_demo")
    assert [name for name in left.split() if name.startswith("site-") and name not in used] == []
    files = nodes[0].run("find /home/me/site").stdout
    assert not [name for name in others if f"/wsgi/{name}" in files or f"/{name}.yaml" in files]


def test_stack_leaves_nothing(deploy, docker):
    apps, sites = ("demo", "echo", "bin", "greeter"), ("main", "edge")
    deploy(
        **{name: ABSENT_APP for name in apps},
        **{name: ABSENT_SITE for name in sites},
    )
    assert names(docker).split() == []
