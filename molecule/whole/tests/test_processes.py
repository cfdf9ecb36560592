"""Background processes are of the same release as the web process, and switch with it."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections import Counter

import pytest
from client import ask
from controller import MOLECULE
from patience import eventually

[CONTAINER] = [platform["name"] for platform in MOLECULE["platforms"]]
WORKER = {
    "name": "worker",
    "command": "celery --app orders:tasks worker --concurrency 1",
    "probation": 1,
}
BEAT = {
    "name": "beat",
    "command": "celery --app orders:tasks beat --loglevel INFO --schedule /tmp/schedule --pidfile=",
    "exclusive": True,
    "probation": 1,
}
PROCESSES = [{**WORKER, "count": 2}, BEAT]


def counts(processes: set) -> Counter[str]:
    return Counter(unit.process for unit in processes)


def bad(name: str, command: str) -> list[dict]:
    """Return the processes, where the one of this name has another command."""
    return [
        {**process, "command": command} if process["name"] == name else process
        for process in PROCESSES
    ]


@pytest.fixture(scope="module")
def first(source, deploy):
    """Deploy a release with two workers and a clock, and return its source."""
    made = source()
    deploy(made, wsgi_app_processes=PROCESSES)
    return made


def test_processes_are_of_the_current_release(first, processes, current):
    assert counts(processes()) == {"worker": 2, "beat": 1}
    assert {unit.release for unit in processes()} == {current()}


def test_process_runs_as_the_web_process_does(first, processes, first_pids, current, host):
    web = first_pids()[f"wsgi-orders.{current()}.service"]
    # Each unit has namespaces of its own, so their IDs differ; the kinds of them are the same.
    look = (
        "grep -E '^(Uid|Gid|Cap|NoNewPrivs|Seccomp)' /proc/{0}/status;"
        "tr '\\0' '\\n' </proc/{0}/environ | grep -E '^(HOME|PATH|PYTHONPATH|CELERY)';"
        "readlink /proc/{0}/cwd; nsenter --target {0} --net ip -brief link | wc -l"
    )
    ours = host.check_output(look.format(web))
    assert "CELERY_BROKER_URL=redis" in ours
    assert {host.check_output(look.format(unit.pid)) for unit in processes()} == {ours}


def test_log_has_an_identifier_of_the_process(first, host):
    log = host.check_output("journalctl --identifier=wsgi-orders-worker --lines=50")
    assert "celery@" in log


def test_run_that_changes_nothing(first, attempt, processes):
    before = processes()
    run = attempt(first, wsgi_app_processes=PROCESSES)
    assert (run.changed, processes()) == (0, before)


def not_done_once(orders, done) -> dict[str, list]:
    """Return the orders that were not done exactly once, and when they were."""
    found = done()
    return {number: found[number] for number in orders.sent if len(found[number]) != 1}


@pytest.fixture(scope="module")
def began() -> float:
    """Return the time when the tests of this file began."""
    return time.time()


def test_no_order_is_lost(
    began, first, source, deploy, attempt, roll_back, ordering, done, processes, tell
):
    """Releases, scaling, other settings, bad releases and a rollback, while orders come in."""
    with ordering() as orders:
        for count in (2, 4, 1):
            last = source()
            deploy(last, wsgi_app_processes=[{**WORKER, "count": count}, BEAT])
            assert counts(processes()) == {"worker": count, "beat": 1}
        deploy(last, wsgi_app_processes=PROCESSES, wsgi_app_threads=2)
        assert not attempt(source(), wsgi_app_processes=bad("worker", "false")).succeeded
        assert not attempt(source(), wsgi_app_processes=bad("beat", "false")).succeeded
        roll_back()
        assert counts(processes()) == {"worker": 1, "beat": 1}
    tell(f"releases, scaling, rollback: {len(orders.sent)} orders were sent")
    assert orders.failures == []
    assert not_done_once(orders, done) == {}


def test_new_release_does_the_orders_soon(first, source, deploy, ordering, done, host):
    new = source()
    with ordering() as orders:
        deploy(new, wsgi_app_processes=PROCESSES)
    link = "/etc/systemd/system/wsgi-orders.service"
    switched = float(host.check_output(f"stat --format=%.Y {link}"))
    found = done()
    late = [
        (version, when)
        for number in orders.sent
        for version, when in found[number]
        if when > switched + 2 and version != new.version
    ]
    assert late == []


@pytest.mark.parametrize(
    ("name", "command", "status"),
    [
        pytest.param("worker", "sh -c 'sleep 0.5; exit 3'", 3, id="worker that ends"),
        pytest.param("worker", "no-such-command", 127, id="worker that is not there"),
        pytest.param("beat", "sh -c 'echo I am broken; exit 4'", 4, id="clock that ends"),
    ],
)
def test_bad_process_leaves_the_previous_release(
    first, source, deploy, attempt, processes, ticks, name: str, command: str, status: int
):
    good = source()
    deploy(good, wsgi_app_processes=PROCESSES)
    before = processes()
    run = attempt(source(), wsgi_app_processes=bad(name, command))
    assert not run.succeeded
    message = f"The background process '{name}' of wsgi_app_processes ended within 1 s"
    assert message in run.output
    assert f"status {status}" in run.output
    assert {unit for unit in before if unit.process == "worker"} <= processes()
    assert counts(processes()) == counts(before)
    assert {unit.release for unit in processes()} == {unit.release for unit in before}
    assert ask("/orders/").text == good.version
    since = time.time()
    assert eventually(lambda: ticks(since))


def test_output_of_a_bad_process_is_in_the_message(first, attempt, source):
    run = attempt(source(), wsgi_app_processes=bad("beat", "sh -c 'echo I am broken; exit 4'"))
    assert "I am broken" in run.output


def test_process_that_crashes_starts_again(first, deploy, source, processes, host):
    deploy(source(), wsgi_app_processes=PROCESSES)
    victim = next(unit for unit in processes() if unit.process == "worker")
    host.check_output(f"kill -KILL {victim.pid}")
    assert eventually(lambda: victim not in processes() and counts(processes())["worker"] == 2)


def test_stopped_process_is_started_by_the_next_run(first, deploy, processes, host):
    deploy(first, wsgi_app_processes=PROCESSES)
    host.check_output("systemctl stop 'wsgi-orders_process_worker_1.*'")
    web = host.check_output("systemctl show --value --property=MainPID wsgi-orders.service")
    deploy(first, wsgi_app_processes=PROCESSES)
    assert counts(processes()) == {"worker": 2, "beat": 1}
    same = host.check_output("systemctl show --value --property=MainPID wsgi-orders.service")
    assert same == web


def is_switching(host) -> bool:
    """Return whether the host switches to another release."""
    return host.run("systemctl --quiet is-active 'wsgi-orders_switch_*'").rc == 0


@pytest.mark.parametrize("tenth", range(10))
def test_lost_controller_leaves_one_release(
    first, source, begin, deploy, processes, host, current, ordering, done, tell, tenth: int
):
    """The host ends a switch by itself. A switch takes about 4 s here, two of them on probation."""
    deploy(source(), wsgi_app_processes=PROCESSES)
    with ordering() as orders:
        run = begin(source(), wsgi_app_processes=PROCESSES)
        assert eventually(lambda: is_switching(host), seconds=120)
        # The loss has to come at any time of the switch, also within a step, where nothing
        # announces a moment to await. The ten delays go through its whole length.
        time.sleep(0.4 * tenth)
        run.kill()
        assert eventually(lambda: not is_switching(host), seconds=60)
    tell(f"loss of the controller {tenth}: {len(orders.sent)} orders were sent")
    assert orders.failures == []
    assert not_done_once(orders, done) == {}
    assert {unit.release for unit in processes()} == {current()}
    assert counts(processes()) == {"worker": 2, "beat": 1}
    services = host.check_output("systemctl list-units --plain --no-legend 'wsgi-orders.*.service'")
    assert [line.split()[0] for line in services.splitlines()] == [
        f"wsgi-orders.{current()}.service"
    ]


def test_there_is_never_a_second_clock(began, ticks):
    """The log of all tests above: the ticks of one clock end before those of the next begin."""
    clocks = [start for start, _ in itertools.groupby(ticks(began))]
    assert len(clocks) > 3
    assert len(clocks) == len(set(clocks))


def test_host_that_boots_has_the_processes(first, deploy, processes, host, ordering, done, tell):
    deploy(first, wsgi_app_processes=PROCESSES)
    before = {(unit.process, unit.release) for unit in processes()}
    with ordering() as orders:
        assert eventually(lambda: len(orders.sent) > 100)
        subprocess.run(["podman", "restart", "--time", "30", CONTAINER], check=True)
        assert eventually(lambda: host.run("systemctl is-active --quiet nginx").rc == 0, seconds=60)
        assert eventually(lambda: counts(processes()) == {"worker": 2, "beat": 1}, seconds=60)
        assert {(unit.process, unit.release) for unit in processes()} == before
        taken = len(orders.sent)
        assert eventually(lambda: len(orders.sent) > taken)
    tell(f"boot: {len(orders.sent)} orders were taken, {len(orders.failures)} refused")
    # The broker promises that a task is done once or more often, if its worker cannot confirm it.
    assert set(orders.sent) <= set(done())


def test_process_that_is_removed_stops(first, source, deploy, processes):
    deploy(source(), wsgi_app_processes=[WORKER])
    assert counts(processes()) == {"worker": 1}


def test_app_that_is_removed_leaves_no_process(first, attempt, deploy, source, host):
    run = attempt(first, wsgi_app_state="absent")
    assert run.succeeded, run.output
    units = host.check_output("systemctl list-units --all --plain --no-legend 'wsgi-orders*'")
    files = host.check_output("find /etc/systemd /run -name 'wsgi-orders*'")
    assert (units, files) == ("", "")
    deploy(source(), wsgi_app_processes=PROCESSES)
