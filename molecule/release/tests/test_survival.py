"""After boots, crashes and full disks, the site answers, and the next deploy works."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from client import ask

FEWER = 0.3
"""Share of the pace, so that all who wait for a process to start have room in nginx: a distribution
gives it 768 connections a worker, and each client needs two."""

BEFORE, AFTER = 0.6, 0.5
"""How long before and after an event requests may be due that are lost with their process (s)."""

EVENTS = {
    "a worker is killed": "pkill --signal=KILL --newest --uid=wsgi-news gunicorn",
    "the master is killed": "systemctl kill --signal=KILL --kill-whom=main wsgi-news.service",
    "all processes are killed": "systemctl kill --signal=KILL wsgi-news.service",
    "the app is restarted": "systemctl restart wsgi-news.service",
    # A request starts the app again by its socket. If it comes soon, the stop counts as canceled.
    "the app is stopped": "systemctl stop wsgi-news.service || true",
}


@pytest.fixture(scope="module", autouse=True)
def version(source, deploy) -> str:
    release = source()
    deploy(release)
    return release.version


def answer() -> str:
    got = ask("/news/")
    return f"{got.status} {got.body.decode().partition(',')[0]}"


@pytest.mark.parametrize("event", EVENTS)
def test_only_requests_in_flight_are_lost(host, clients, tell, event):
    with clients(FEWER) as watch:
        watch.go_on(1)
        began = time.monotonic()
        host.check_output(EVENTS[event])
        ended = time.monotonic()
        watch.go_on(3)
    failed = [request for request in watch.requests if request["failure"]]
    slowest = max(request["took"] for request in watch.requests)
    tell(
        f"{event}: {len(failed)} of {len(watch.requests)} requests were lost, "
        f"the longest took {slowest:.1f} s"
    )
    assert [v for v in failed if not began - BEFORE < v["due"] < ended + AFTER] == []


def test_failed_release_keeps_the_socket(host, source, play):
    """Otherwise workers of the current release could block in accept (open(2), O_NONBLOCK)."""
    assert play(source(), wsgi_app_health={"status": [299]}).returncode == 2
    sockets = "ss --unix --listening --processes --no-header src /run/wsgi/news.sock"
    pid, descriptor = re.search(r"pid=(\d+),fd=(\d+)", host.check_output(sockets)).groups()
    described = host.check_output(f"cat /proc/{pid}/fdinfo/{descriptor}")
    assert int(re.search(r"flags:\s*(\d+)", described)[1], 8) & os.O_NONBLOCK


@pytest.mark.parametrize("stop", ["stop", "kill"])
def test_answers_after_a_boot(boot, version, stop):
    boot(stop=stop)
    assert answer() == f"200 {version}"


def test_answers_after_nginx_is_restarted(host, version):
    host.check_output("systemctl restart nginx")
    assert answer() == f"200 {version}"


@pytest.fixture(scope="module")
def crash_loop(host, source, deploy) -> None:
    """Have a release that served die at each start, more often than systemd allows by default."""
    release, unit = source(), "wsgi-news.service"
    deploy(release)
    host.check_output(f"echo {release.version} > /var/lib/wsgi/news/data/crash")
    host.check_output(f"systemctl kill --signal=KILL {unit}")
    restarts = f"$(systemctl show --value --property=NRestarts {unit})"
    host.check_output(f"timeout 60 sh -c 'until [ {restarts} -ge 6 ]; do sleep 0.2; done'")


@pytest.mark.usefixtures("crash_loop")
def test_crash_loop_is_restarted_forever(host):
    assert host.service("wsgi-news.socket").is_running


@pytest.mark.usefixtures("crash_loop")
def test_fixed_release_ends_the_crash_loop(host, source, deploy):
    fixed = source()
    deploy(fixed)
    units = host.check_output("systemctl list-units --plain --no-legend 'wsgi-news.*.service'")
    answers = {answer() for _ in range(8)}
    assert (answers, len(units.splitlines())) == ({f"200 {fixed.version}"}, 1)


@dataclass(frozen=True)
class FullDisk:
    """The output of a run on a full disk, and what served after it and after the next run."""

    says: str
    before: str
    served: str
    new: str
    converged: str


DOWNLOADS = {"systemd": [pytest.param("/var/cache/wsgi/news", id="where downloads are kept")]}
"""The directories of releases; image backends use the storage of the engine."""


@pytest.fixture(
    scope="module",
    params=[
        *DOWNLOADS.get(os.environ["SUBSITE_BACKEND"], []),
        pytest.param("/srv/wsgi/news", id="where releases are"),
    ],
)
def full_disk(request, host, source, play, deploy) -> Iterator[FullDisk]:
    """Deploy where 200 kB are left, and once more where there is room."""
    place, small = request.param, "/mnt/small"
    before, new = source(), source(**{"requirements.txt": "flask\n", "picture": "." * 10**6})
    deploy(before)
    host.check_output(
        "rm --recursive --force /var/cache/wsgi/news/* &&"
        f"mkdir --parents {small} && mount -t tmpfs small {small} &&"
        f"cp --archive --no-target-directory {place} {small} && mount --bind {small} {place} &&"
        f"used=$(df --output=used --block-size=1k {small} | tail -1) &&"
        f"mount -o remount,size=$((used + 200))k {small}"
    )
    try:
        says, served = play(new).stdout, answer()
        host.check_output(f"mount -o remount,size=1g {small}")
        deploy(new)
        yield FullDisk(says, before.version, served, new.version, answer())
    finally:
        host.check_output(f"umount --lazy {place} {small}")
        deploy(source())


def test_full_disk_is_named(full_disk):
    assert "No space left on device" in full_disk.says


def test_full_disk_keeps_the_current_release(full_disk):
    assert full_disk.served == f"200 {full_disk.before}"


def test_deploy_succeeds_once_the_disk_has_room(full_disk):
    assert full_disk.converged == f"200 {full_disk.new}"
