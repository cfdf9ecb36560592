"""What clients see when a host of the app leaves, is lost, comes back, or gets a new release.

``before`` in a printed line has the figures of the roles before they knew of several hosts.
"""

from __future__ import annotations

import itertools
import time

import pytest
from machines import APP1, APP2, PORT, WEB1, WEB2, delays, lost, requests, summary

pytestmark = pytest.mark.measures

VERSIONS = map(str, itertools.count(int(time.time())))
SWITCHES = 50
READ_TIMEOUT = 2
"""Seconds that nginx waits for an app that hangs: more than the slowest answer takes."""
HANGS = 20
"""Seconds that the app hangs: less than gunicorn allows a worker."""
LEFT = "app2 wsgi_app_state=absent"
SET_UP = "cat /var/lib/wsgi/demo/data/set-up"


def version(number: str) -> dict:
    """Return the variables of another release."""
    return {"wsgi_app_environment": {"VERSION": number}}


def bodies(watch) -> set[str]:
    """Return the answers: names of hosts, with versions."""
    return {each["body"] for each in requests(watch)} - {""}


def releases() -> list[str]:
    """Return the current release of each host."""
    link = "readlink /etc/systemd/system/wsgi-demo.service"
    return [machine.run(link).stdout.strip() for machine in (APP1, APP2)]


@pytest.fixture(scope="module", autouse=True)
def deployed(deploy) -> None:
    """Deploy an app with this version to all hosts."""
    deploy(**version("1"))


def test_rolling_deploy(deploy, clients, tell):
    number = next(VERSIONS)
    with clients() as watch:
        deploy(rolling=1, **version(number))
        watch.go_on(2)
    tell(f"rolling deploy: {summary(watch)} (before: 1 POST lost, 1 GET 29 s)")
    assert (lost(watch), delays(watch)[-1] < 2.5) == ([], True)
    assert {f"app1 {number}", f"app2 {number}"} <= bodies(watch)


def test_switches_on_one_host(deploy, clients, tell):
    between = []
    for number in (next(VERSIONS), next(VERSIONS)):
        deploy("site", "--limit=app1", **version(number))
        between.append(releases()[0])
    with clients() as watch:
        for current in between * (SWITCHES // len(between)):
            deploy("rollback", "--limit=app1", wsgi_app_release=current.split(".")[1])
            assert releases()[0] == current
    tell(f"{SWITCHES} switches: {summary(watch)} (before: 1 GET 29 s in 5 switches)")
    assert (lost(watch), delays(watch)[-1] < 2.5) == ([], True)


def test_orderly_reboot(clients, tell):
    with clients() as watch:
        watch.go_on(2)
        APP2.reboot()
        watch.go_on(2)
    tell(f"reboot: {summary(watch)} (before: 106 POSTs lost, 191 GETs 30 s)")
    assert lost(watch) == []


def test_drained_reboot(deploy, clients, tell):
    before = APP2.booted_at()
    with clients() as watch:
        deploy("reboot", reboot="app2")
        watch.go_on(2)
    tell(f"drained reboot: {summary(watch)}")
    assert (lost(watch), delays(watch)[-1] < 2.5) == ([], True)
    assert APP2.booted_at() != before


def test_host_is_removed_and_added(deploy, clients, tell):
    with clients() as watch:
        deploy(hosts=LEFT, **version("1"))
        alone = APP2.run("systemctl list-units --all --plain --no-legend 'wsgi-demo*'").stdout
        deploy(**version("1"))
        watch.go_on(2)
    tell(f"host removed and added: {summary(watch)} (before: 1 POST lost, 3 GETs 30 s)")
    assert (lost(watch), delays(watch)[-1] < 2.5, alone) == ([], True, "")
    assert APP2.run("systemctl is-active wsgi-demo.socket").succeeded


def test_power_cut(clients, tell):
    with clients() as watch:
        watch.go_on(3)
        cut = time.monotonic()
        APP1.cut_off()
        try:
            watch.go_on(25)
        finally:
            APP1.connect()
        watch.go_on(3)
    tell(f"power cut: {summary(watch)} (before: 1 POST lost, 431 up to 60 s)")
    assert_host_was_missed(watch, cut, tell)


def test_frozen_host(clients, tell):
    """The host, with all that runs on it, does nothing and answers no packet. Then it goes on."""
    with clients() as watch:
        watch.go_on(3)
        cut = time.monotonic()
        APP1.cut_off()
        APP1.freeze()
        try:
            watch.go_on(25)
        finally:
            APP1.thaw()
            APP1.connect()
        thawed = time.monotonic()
        watch.go_on(12)
    tell(f"frozen host: {summary(watch)}")
    assert_host_was_missed(watch, cut, tell)
    assert "app1 1" in {each["body"] for each in requests(watch) if each["due"] > thawed}


def assert_host_was_missed(watch, cut: float, tell) -> None:
    """Assert what clients see of a host that was cut off: later requests go to the other one."""
    later = [each for each in requests(watch) if each["due"] > cut + 1]
    waits = [each["took"] - each["path"].endswith("slow") for each in later]
    tell(f"later requests: longest {max(waits):.1f} s")
    # Those that were under way had been sent, so that nginx waits for their answers.
    under_way = [each for each in requests(watch) if each not in later]
    assert [each for each in lost(watch) if each in later] == []
    assert len([each for each in lost(watch) if each in under_way]) <= 2
    assert max(waits) < 3


def test_app_that_hangs(deploy, clients, tell):
    """Its host accepts connections, so nginx sends requests, until it has waited for answers."""
    upstreams = [f"{machine.address}:{PORT}" for machine in (APP1, APP2)]
    mount = {"path": "/api", "upstreams": upstreams, "read_timeout": READ_TIMEOUT}
    deploy("site", "--limit=web", nginx_site_mounts=[mount])
    try:
        with clients() as watch:
            watch.go_on(3)
            hung = time.monotonic()
            APP1.stop_app()
            try:
                watch.go_on(HANGS)
            finally:
                APP1.continue_app()
            continued = time.monotonic()
            watch.go_on(12)
    finally:
        deploy("site", "--limit=web")
    found = hung + READ_TIMEOUT + 1
    later = [each for each in lost(watch) if each["due"] > found]
    tell(f"an app hangs: {summary(watch)}")
    tell(f"an app hangs, after nginx has found it: {len(later)} lost in {HANGS} s")
    # A request that was sent goes to no other host, unless it may be sent twice.
    assert {(each["kind"], each["failure"]) for each in lost(watch)} <= {
        ("POST", "status 504"),
        ("slow POST", "status 504"),
    }
    # nginx tries the host again with one request every 5 seconds.
    assert len(later) <= HANGS / 5 + 1
    assert delays(watch)[-1] < READ_TIMEOUT + 1
    assert "app1 1" in {each["body"] for each in requests(watch) if each["due"] > continued}


def test_one_error_of_the_last_host(deploy, clients, tell):
    """A worker that crashes breaks its requests; nginx goes on to ask the host."""
    deploy("drain", nginx_site_drained=[f"{APP2.address}:{PORT}"])
    try:
        with clients() as watch:
            watch.go_on(2)
            APP1.run(
                "pkill --signal KILL --oldest --parent $(systemctl show --value "
                "--property=MainPID $(systemctl show --value --property=Id wsgi-demo.service))"
            )
            watch.go_on(8)
    finally:
        deploy("drain")
    tell(f"a crash with one host left: {summary(watch)} (before: 108 more lost)")
    assert bodies(watch) == {"app1 1"}
    crashed = min((each["due"] for each in lost(watch)), default=0)
    assert [each for each in lost(watch) if each["due"] > crashed + 2] == []


def test_only_web_hosts_can_connect():
    answers = {machine.name: machine.can_connect_to(APP1) for machine in (APP1, APP2, WEB1, WEB2)}
    assert answers == {"app1": True, "app2": False, "web1": True, "web2": True}


def test_list_of_clients_changes_at_once(deploy, clients, tell):
    allowed = [WEB1.address, WEB2.address, APP2.address]
    before = releases()
    with clients() as watch:
        deploy(wsgi_app_listen_allow=allowed, **version("1"))
        opened = APP2.can_connect_to(APP1)
        deploy(**version("1"))
    tell(f"list of clients changed twice: {summary(watch)}")
    assert (opened, APP2.can_connect_to(APP1)) == (True, False)
    assert (lost(watch), releases()) == ([], before)


def test_all_hosts_or_none(site, clients, tell):
    """The release is not healthy on the second host."""
    before = releases()
    with clients() as watch:
        broken = "app2 wsgi_app_health=\"{'status': [299]}\""
        done = site(hosts=broken, all_or_nothing=True, **version(next(VERSIONS)))
    tell(f"one host cannot switch: {summary(watch)}")
    assert not done.succeeded
    assert "The app could not be deployed to app2" in done.output
    assert (releases(), lost(watch)) == (before, [])


def test_data_files_wait_for_the_switch(deploy, site):
    """Setup commands have the new ones. The release that serves until the switch has its own."""

    def files(content: str) -> dict:
        return {"wsgi_app_files": [{"dest": "note", "content": content}]}

    deploy(**version("1"), **files("old"))
    commands = {"app1": "grep new ~/note", "app2": "false"}
    hosts = "\n".join(f'{name} wsgi_app_setup_commands="{[commands[name]]}"' for name in commands)
    done = site("site", "--limit=app", hosts=hosts, all_or_nothing=True, **files("new"))
    assert not done.succeeded
    assert APP1.run("cat /var/lib/wsgi/demo/data/note").stdout == "old"
    assert "new" in APP1.run("cat /srv/wsgi/demo/releases/*/files/note").stdout


def test_rolling_ends_with_the_first_failure(site):
    before = releases()
    done = site(rolling=1, wsgi_app_health={"status": [299]}, **version(next(VERSIONS)))
    assert not done.succeeded
    assert "The health check of /api/ failed" in done.output
    assert releases() == before
    assert "[app2]" not in done.output


@pytest.mark.parametrize("rolling", ["100%", "1"])
def test_setup_commands_run_on_one_host(deploy, rolling: str):
    number = next(VERSIONS)
    commands = [f"echo {number} >>~/set-up"]
    deploy(
        rolling=rolling,
        wsgi_app_setup_commands=commands,
        wsgi_app_setup_once=True,
        **version(number),
    )
    runs = [machine.run(SET_UP).stdout.split().count(number) for machine in (APP1, APP2)]
    assert runs == [1, 0]


def test_no_host_switches_without_the_setup_commands(site):
    before = releases()
    done = site(
        wsgi_app_setup_commands=["false"], wsgi_app_setup_once=True, **version(next(VERSIONS))
    )
    assert not done.succeeded
    assert "app1 runs the setup commands for all hosts" in done.output
    assert releases() == before
