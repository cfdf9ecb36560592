"""What clients see when a release, a setting, a secret or the number of replicas changes."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator

import pytest
from machines import delays, lost, requests, summary
from patience import eventually

pytestmark = pytest.mark.measures

GREETER = ("greeter", "greeter-worker", "greeter-clock")
"""The services of the app."""
VERSIONS = map(str, itertools.count(int(time.time())))


@pytest.fixture(scope="module", autouse=True)
def deployed_again(deploy) -> Iterator[None]:
    """Deploy what the inventory says at the end."""
    yield
    deploy()


def version(number: str, **more: object) -> dict:
    """Return the variables of another release."""
    return {"wsgi_app_environment": {"VERSION": number}, **more}


def bodies(watch) -> set[str]:
    """Return the versions that answered."""
    return {each["body"].rpartition(" ")[2] for each in requests(watch)} - {""}


def seconds_of_update(docker, since: float) -> float:
    """Return how long the last update of the app took, with its rollback."""
    options = f"--since {since:.0f} --until {time.time():.0f} --filter service=site_greeter"
    lines = docker(f"events {options} --format '{{{{json .}}}}'").splitlines()
    times = {
        event["Actor"]["Attributes"].get("updatestate.new"): event["timeNano"] / 1e9
        for event in map(json.loads, lines)
    }
    ends = [times[state] for state in ("completed", "rollback_completed") if state in times]
    return ends[-1] - times["updating"]


def test_rolling_update(deploy, clients, docker, tell):
    number, began = next(VERSIONS), time.time()
    with clients() as watch:
        deploy(greeter=version(number))
        watch.go_on(2)
    took = seconds_of_update(docker, began)
    tell(f"rolling update of 3 replicas in {took:.0f} s: {summary(watch)}")
    assert (lost(watch), delays(watch)[-1] < 2.5) == ([], True)
    assert number in bodies(watch)
    # Background processes are of the same release, and the setup commands have run once.
    for name in ("greeter-worker", "greeter-clock"):
        assert f"of {number}" in docker(f"service logs --raw site_{name}")
    assert "site_greeter_setup" not in docker("service ls --format '{{.Name}}'")


def test_bad_release(try_to_deploy, clients, service, tasks, docker, tell):
    began = time.time()
    before = {name: service(name)["Spec"] for name in ("greeter", "greeter-worker")}
    bad = version(next(VERSIONS), wsgi_app_health={"status": [299]})
    with clients() as watch:
        done = try_to_deploy(greeter=bad)
        watch.go_on(2)
    took = seconds_of_update(docker, began)
    tell(f"bad release, rolled back in {took:.0f} s: {summary(watch)}")
    assert not done.succeeded
    assert "site_greeter does not work" in done.output
    assert "The health check of /greeter/ failed: 200 OK" in done.output
    assert took <= 20
    assert (lost(watch), delays(watch)[-1] < 2.5) == ([], True)
    assert eventually(lambda: len(tasks("greeter-worker")) == 2, 60)
    for name, specification in before.items():
        assert service(name)["Spec"]["TaskTemplate"] == specification["TaskTemplate"], name


def test_rollback(deploy, roll_back, clients, service, tasks, tell):
    """A run between the update and the rollback changes nothing, and Swarm forgets what it had."""
    first, second = next(VERSIONS), next(VERSIONS)
    deploy(greeter=version(first))
    releases = {name: release_of(service(name)) for name in GREETER}
    deploy(greeter=version(second))
    deploy(greeter=version(second))
    assert release_of(service("greeter")) != releases["greeter"]
    nginx = service("nginx")["Spec"]
    with clients() as watch:
        done = roll_back("greeter")
        watch.go_on(2)
    tell(f"rollback of 3 replicas: {summary(watch)}")
    assert done.succeeded, done.output
    assert f"greeter serves release {releases['greeter']}." in " ".join(done.output.split())
    assert (lost(watch), delays(watch)[-1] < 2.5) == ([], True)
    assert bodies(watch) >= {first, second}
    assert {name: release_of(service(name)) for name in GREETER} == releases
    assert [len(tasks(name)) for name in GREETER] == [3, 2, 1]
    assert service("nginx")["Spec"] == nginx


def test_rollback_to_a_release_that_does_not_work(
    try_to_deploy, roll_back, service, clients, nodes
):
    """It goes forward again."""
    bad = version(next(VERSIONS), wsgi_app_health={"status": [299]})
    kept = releases_on(nodes[0])
    assert not try_to_deploy(greeter=bad).succeeded
    (release,) = releases_on(nodes[0]) - kept
    before = {name: release_of(service(name)) for name in GREETER}
    with clients() as watch:
        done = roll_back("greeter", f"--extra-vars=wsgi_app_release={release}")
        watch.go_on(2)
    assert not done.succeeded
    assert "The health check of /greeter/ failed: 200 OK" in done.output
    assert lost(watch) == []
    assert {name: release_of(service(name)) for name in GREETER} == before


def releases_on(manager) -> set[str]:
    """Return the releases of the app that a manager has files of."""
    return {*manager.run("ls /home/me/site/files/srv/wsgi/greeter/releases").stdout.split()}


def release_of(service: dict) -> str:
    """Return the release of a service."""
    return service["Spec"]["Labels"]["subsite.release"]


def test_bad_setup_command(try_to_deploy, service):
    before = service("greeter")["Spec"]
    bad = version(next(VERSIONS), wsgi_app_setup_commands=["echo no table; false"])
    done = try_to_deploy(greeter=bad)
    assert not done.succeeded
    assert "site_greeter_setup failed" in done.output and "no table" in done.output
    assert service("greeter")["Spec"] == before


def test_secret_changes(deploy, in_container, docker, clients, tell):
    before = {*docker("secret ls --format '{{.Name}}'").split()}
    with clients() as watch:
        deploy(greeter=version("2", wsgi_app_secrets={"PASSWORD": "another-swordfish"}))
    tell(f"secret changed: {summary(watch)}")
    assert lost(watch) == []
    assert "PASSWORD=another-swordfish" in in_container("greeter", "cat /proc/1/environ")
    assert "another-swordfish" not in docker("service inspect site_greeter")
    assert {*docker("secret ls --format '{{.Name}}'").split()} - before


def test_scale(deploy, service, tasks, clients, tell):
    deploy(greeter=version("2"))
    kept = {task["ID"] for task in tasks("greeter")}
    with clients() as watch:
        deploy(greeter=version("2", wsgi_app_replicas=2))
        assert eventually(lambda: len(tasks("greeter")) == 2)
        assert {task["ID"] for task in tasks("greeter")} < kept
        deploy(greeter=version("2"))
        watch.go_on(2)
    tell(f"scaled from 3 to 2 and back: {summary(watch)}")
    assert (lost(watch), len(tasks("greeter"))) == ([], 3)


def test_site_changes(deploy, docker):
    """nginx is replaced on one node after the other."""
    redirect = [{"path": "/old", "redirect": "/new"}]
    deploy(edge={"nginx_site_mounts": redirect})
    names = json.loads(docker("service inspect site_nginx"))[0]["UpdateStatus"]["State"]
    assert names == "completed"
    deploy()


def test_bad_site_configuration(try_to_deploy, service, clients, docker, tell):
    """Nothing is updated, no setup command runs, and each node keeps its nginx."""
    before = {name: service(name) for name in ("nginx", "greeter")}
    with clients() as watch:
        done = try_to_deploy(
            edge={"nginx_site_extra": "no_such_directive on;"}, greeter=version(next(VERSIONS))
        )
        watch.go_on(2)
    tell(f"bad configuration of a site: {summary(watch)}")
    assert not done.succeeded
    assert "site_nginx_test failed" in done.output
    assert "unknown directive" in done.output and "edge.conf" in done.output
    assert lost(watch) == []
    assert {name: service(name) for name in before} == before
    assert "site_nginx_test" not in docker("service ls --format '{{.Name}}'")


def test_power_cut(clients, nodes, tasks, docker, tell):
    # A swarm that loses the leader of its managers elects another one first, and takes longer.
    leader = docker("node ls --filter role=manager --format '{{.ManagerStatus}} {{.Hostname}}'")
    lost_node = nodes[1] if f"Leader {nodes[1].container}" not in leader else nodes[2]
    assert eventually(lambda: len(tasks("greeter")) == 3)
    with clients() as watch:
        watch.go_on(3)
        cut = time.monotonic()
        lost_node.cut_off()
        try:
            moved = eventually(lambda: serving_elsewhere(docker, tasks, lost_node), 60)
            took = time.monotonic() - cut
            watch.go_on(3)
        finally:
            lost_node.connect()
    later = [each for each in requests(watch) if each["due"] > cut + 1]
    waits = [each["took"] - each["path"].endswith("slow") for each in later]
    tell(f"power cut of a node: {summary(watch)}; all replicas elsewhere after {took:.0f} s")
    tell(f"power cut of a node, later requests: longest {max(waits):.1f} s")
    assert eventually(lambda: all_are_ready(nodes), 120)
    assert (moved, took <= 30) == (True, True)
    assert [each for each in lost(watch) if each in later] == []
    assert max(waits) <= 3.5


def all_are_ready(nodes) -> bool:
    """Return whether the swarm has a leader, and all of its nodes."""
    states = nodes[0].run("docker node ls --format '{{.Status}} {{.ManagerStatus}}'").stdout
    return sorted(states.splitlines()) == ["Ready Leader", *["Ready Reachable"] * 2]


def serving_elsewhere(docker, tasks, node) -> bool:
    """Return whether three replicas run on other nodes."""
    return len([task for task in tasks("greeter") if task["Node"] != node.container]) == 3
