"""No process and no image of the app belongs to root of the host."""

from __future__ import annotations

import pytest

STORAGE = "/srv/wsgi/.containers/news"


@pytest.fixture(scope="module")
def processes(host) -> dict[str, str]:
    """Return the app's processes, as the names of programs by their numbers on the host."""
    group = host.check_output("systemctl show --value --property=ControlGroup wsgi-news.service")
    inside = host.check_output(f"find /sys/fs/cgroup{group} -name cgroup.procs -exec cat {{}} +")
    lines = host.check_output(f"ps -o pid=,comm= -p {','.join(inside.split())}").splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def test_processes_run_as_the_app_user(host, processes):
    users = host.check_output(f"ps -o user:20= -p {','.join(processes)}").split()
    assert {"conmon", "gunicorn"} <= set(processes.values())
    assert set(users) == {"wsgi-news"}


def test_container_root_is_unprivileged_on_the_host(host, processes):
    [gunicorn, *_] = [pid for pid, name in processes.items() if name == "gunicorn"]
    lines = host.check_output(f"cat /proc/{gunicorn}/uid_map").splitlines()
    mapped = {int(inside): int(outside) for inside, outside, _ in map(str.split, lines)}
    assert mapped[0] >= 500_000_000
    assert mapped[host.user("wsgi-news").uid] == host.user("wsgi-news").uid


def test_image_is_not_in_root_storage(host):
    images = "images --quiet --filter reference=localhost/wsgi-news"
    assert host.check_output(f"podman {images}") == ""
    assert host.check_output(f"/srv/wsgi/news/podman {images}") != ""


def test_image_is_private(host):
    assert host.run(f"runuser -u www-data -- ls {STORAGE}").rc != 0
    assert host.check_output(f"runuser -u wsgi-news -- ls --almost-all {STORAGE}") != ""
