"""The registries, the published images, and the host that deploys them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from controller import PROJECT, Run, deploy, play

REGISTRIES = {5000: "docker-registry", 5001: "private-registry"}
"""The registries and their ports; the second requires a login."""


@dataclass(frozen=True)
class Image:
    """A published image: the version of the shop, and the digest."""

    version: str
    digest: str

    def source(self, port: int = 5000) -> dict:
        """Return the source variable for this digest."""
        return {"type": "image", "ref": f"localhost:{port}/shop@{self.digest}"}


@dataclass(frozen=True)
class Host:
    """The apps, releases and images on the host."""

    host: object

    def shop(self, app: str = "shop") -> dict:
        """Return the app's answer about itself."""
        url = f"http://localhost/{app}/"
        return json.loads(
            self.host.check_output(f"curl --silent --unix-socket /run/wsgi/{app}.sock {url}")
        )

    def images(self) -> dict[str, str]:
        """Return the ids of all images that podman has, by their names."""
        lines = self.host.check_output("podman images --format '{{.Repository}}:{{.Tag}} {{.Id}}'")
        return dict(line.split() for line in lines.splitlines())

    def releases(self, app: str = "shop") -> list[str]:
        """Return the names of an app's releases."""
        return self.host.check_output(f"ls /srv/wsgi/{app}/releases").split()

    def release(self, app: str = "shop") -> str:
        """Return the current one."""
        return self.host.check_output(f"readlink /etc/systemd/system/wsgi-{app}.service").split(
            "."
        )[1]

    def record(self) -> dict:
        """Return the record of the shop's current release."""
        path = f"/srv/wsgi/shop/releases/{self.release()}/release.json"
        return json.loads(self.host.file(path).content_string)


@pytest.fixture(scope="session")
def on_host(host) -> Host:
    return Host(host)


@pytest.fixture(scope="session")
def publish(host) -> Callable[..., Image]:
    """Return a function that publishes a version that never was before."""

    def image(tag: str = "1.4", stage: str = "shop") -> Image:
        version = str(time.time_ns())
        host.check_output(f"/root/shop/publish {tag} {version} {stage}")
        digest = host.check_output(
            f"skopeo inspect --format '{{{{.Digest}}}}' docker://localhost:5000/shop:{tag}"
        )
        return Image(version, digest)

    return image


@pytest.fixture(scope="session")
def run() -> Callable[..., Run]:
    """Return a function that deploys and returns the result."""

    def converge(*options: str, **variables) -> Run:
        return play("converge.yml", *options, **variables)

    return converge


@pytest.fixture(scope="session")
def release() -> Callable[..., Run]:
    """Return a function that deploys, which has to succeed."""

    def converge(*options: str, **variables) -> Run:
        return deploy("converge.yml", *options, **variables)

    return converge


@pytest.fixture(scope="session")
def operate() -> Callable[..., Run]:
    """Return a function that runs one of the collection's playbooks for the shop."""

    def playbook(name: str) -> Run:
        return deploy(PROJECT / "playbooks" / f"{name}.yml", wsgi_app_name="shop")

    return playbook


@pytest.fixture
def no_registry(host):
    """Let no registry answer."""
    services = " ".join(REGISTRIES.values())
    host.check_output(f"systemctl stop {services}")
    yield
    host.check_output(f"systemctl start {services}")
    for port in REGISTRIES:
        host.check_output(f"timeout 30 sh -c 'until curl --silent localhost:{port}; do :; done'")


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Callable[..., Path]:
    """Return a function that writes the source of an app that the host builds itself."""

    def write(directory: Path | None = None, **files: str) -> Path:
        path = directory or tmp_path_factory.mktemp("source")
        for name, text in files.items():
            (path / name.replace("_", ".")).write_text(text)
        return path

    return write
