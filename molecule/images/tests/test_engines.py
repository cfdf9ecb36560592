"""Docker runs an image of a registry unchanged."""

from __future__ import annotations

import pytest


@pytest.fixture
def in_docker(publish, release):
    """Run an image of the registry in docker, and return the published image."""
    published = publish()
    release(source=published.source(), wsgi_app_backend="docker")
    yield published
    release()


def test_docker_runs_the_image(in_docker, on_host, host):
    assert on_host.shop()["version"] == in_docker.version
    [container] = host.check_output("docker ps --quiet --filter name=wsgi-shop").split()
    [image] = host.check_output("docker image ls --format '{{.Tag}}' localhost/wsgi-shop").split()
    assert image == on_host.release()
    assert on_host.record()["revision"] == in_docker.digest
