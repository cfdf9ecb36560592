"""An app in an archive: it is sent once, and no registry is asked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SEND = "TASK [subsite.deploy.wsgi_app : build | copied_image | Send the archive"


@pytest.fixture(scope="module", params=["docker-archive", "oci-archive"])
def archive(request, publish, container, tmp_path_factory) -> tuple[str, Path]:
    """Publish a version, save it in a file of the controller, and return both."""
    image = publish()
    path = tmp_path_factory.mktemp("archive") / "shop.tar"
    save = (
        f"podman pull --quiet localhost:5000/shop:1.4 >/dev/null"
        f" && podman save --quiet --format {request.param} localhost:5000/shop:1.4"
        f" && podman image rm localhost:5000/shop:1.4 >/dev/null"
    )
    with path.open("wb") as file:
        subprocess.run(["podman", "exec", container, "sh", "-c", save], stdout=file, check=True)
    return image.version, path


def was_sent(output: str) -> bool:
    """Return whether the archive went to the host."""
    return "changed: [" in output.partition(SEND)[2].partition("TASK [")[0]


@pytest.fixture(scope="module")
def deployed(archive, release):
    """Deploy it: for the first time, again, and with another setting."""
    version, path = archive
    source = {"type": "image", "archive": str(path)}
    first = release(source=source)
    again = release("--check", source=source), release(source=source)
    other = release(source=source, wsgi_app_environment={"COLOUR": "red"})
    return version, first, again, other


def test_app_serves_the_image_of_the_archive(deployed, on_host):
    version, first, *_ = deployed
    assert was_sent(first.output)
    assert (on_host.shop()["version"], on_host.shop()["colour"]) == (version, "red")


def test_second_run_changes_nothing(deployed):
    _, _, again, _ = deployed
    assert [run.changed for run in again] == [0, 0]


def test_loaded_image_is_not_sent_again(deployed):
    *_, other = deployed
    assert SEND in other.output
    assert not was_sent(other.output)


def test_archive_is_removed(deployed, host, on_host):
    assert host.run("find /srv/wsgi /root /tmp /var/tmp -name '*.tar'").stdout == ""
    assert not any(name.startswith("localhost:5000/") for name in on_host.images())
