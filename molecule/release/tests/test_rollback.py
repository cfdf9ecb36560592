"""Rollback to an earlier release with its files, and the tasks around a switch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from client import ask

DATA = "/var/lib/wsgi/news/data"
MINE = {
    "wsgi_app_shared_paths": ["media"],
    "wsgi_app_setup_commands": ["cp version media/$(cat version)"],
}


def files(content: str, *others: str) -> dict:
    names = {"settings.ini": content, **dict.fromkeys(others, "")}
    return {"wsgi_app_files": [{"dest": name, "content": names[name]} for name in names]}


@dataclass(frozen=True)
class State:
    """The current release, and the files of the app."""

    version: str
    settings: str
    names: set[str]


@pytest.fixture(scope="module")
def state(host) -> Callable[[], State]:
    """Return a function that asks the app and looks at its data."""

    def look() -> State:
        data = host.check_output(f"cd {DATA} && ls *.ini && cat settings.ini").split()
        version = ask("/news/").body.decode().partition(",")[0]
        return State(version, data[-1], set(data[:-1]))

    return look


@pytest.fixture(scope="module")
def release(host) -> Callable[[], str]:
    """Return a function that tells which release the app's unit stands for."""
    return lambda: host.check_output("readlink /etc/systemd/system/wsgi-news.service").split(".")[1]


@pytest.fixture(scope="module")
def two(source, deploy, state, release) -> list[tuple[str, State]]:
    """Deploy two releases with different files, and return the state of each."""
    found = []
    for content, others in {"one": ["one.ini"], "two": ["two.ini"]}.items():
        deploy(source(), **MINE, **files(content, *others))
        found.append((release(), state()))
    return found


@pytest.fixture(scope="module")
def back(two, operate, state) -> State:
    """Go back to the first."""
    done = operate("rollback")
    assert done.returncode == 0, done.stdout
    return state()


def test_previous_release_serves_with_its_files(two, back):
    (_, one), _ = two
    assert back == one
    assert (one.settings, one.names) == ("one", {"settings.ini", "one.ini"})


def test_list_marks_the_current_release(two, back, operate):
    (one, _), (latest, _) = two
    lines = [line.strip(' ",') for line in operate("releases").stdout.splitlines()]
    assert [line for line in lines if line.startswith("* ") and "current since" in line] == [
        line for line in lines if one in line
    ]
    assert sum(line.startswith(latest) for line in lines) == 1


def test_any_release_can_be_restored(two, back, operate, state):
    _, (latest, as_it_was) = two
    assert operate("rollback", wsgi_app_release=latest).returncode == 0
    assert state() == as_it_was


def test_unknown_release_is_an_input_error(two, operate, state):
    before = state()
    done = operate("rollback", wsgi_app_release="0123456789ab")
    assert "wsgi_app_release is '0123456789ab': the host has no such release" in done.stdout
    assert (done.returncode, state()) == (2, before)


def test_releases_share_the_shared_directory(two, host):
    shared = set(host.check_output("ls /var/lib/wsgi/news/shared/media").split())
    assert {each.version for _, each in two} <= shared


@pytest.fixture
def stuck(host, two, release) -> Iterator[str]:
    """Let the second release serve, and the first one not start."""
    (one, _), (latest, _) = two
    assert release() == latest
    override = f"/run/systemd/system/wsgi-news.{one}.service.d"
    host.check_output(f"mkdir -p {override}")
    host.check_output(f"printf '[Service]\\nExecStartPre=/bin/false\\n' > {override}/down.conf")
    host.check_output("systemctl daemon-reload")
    yield one
    host.check_output(f"rm -r {override} && systemctl daemon-reload")


def test_failed_rollback_keeps_the_current_release(stuck, host, operate, state):
    before = state()
    done = operate("rollback")
    assert (done.returncode, state()) == (2, before)
    assert f"release {stuck} of news does not serve and was stopped" in done.stdout
    assert host.run(f"systemctl is-active wsgi-news.{stuck}.service").stdout.strip() in (
        "failed",
        "inactive",
    )


def test_failed_rollback_ends_probation(stuck, host, operate):
    operate("rollback")
    unit = f"wsgi-news.{stuck}.service"
    restart = host.check_output(f"systemctl show --value --property=Restart {unit}")
    assert restart == "on-failure"


def test_failed_release_restores_the_files(two, source, play, state):
    before = state()
    done = play(source(), **MINE, **files("three", "three.ini"), wsgi_app_health={"status": [299]})
    assert (done.returncode, state()) == (2, before)


def test_interrupted_deploy_leaves_the_files(two, source, begin, state):
    """Setup commands have the new ones. The release that serves until the switch has its own."""
    before = state()
    settings = {**MINE, **files("four", "four.ini")}
    run = begin(source(), **{**settings, "wsgi_app_setup_commands": ["test -e ~/four.ini"]})
    for step in run.steps():
        if step.name.endswith("build | Record that the release is complete"):
            break
    run.cut()
    assert state() == before


@pytest.fixture(scope="module")
def tasks(tmp_path_factory) -> Callable[[str], str]:
    """Return a function that writes a file with one task."""
    directory = tmp_path_factory.mktemp("tasks")

    def write(task: str) -> str:
        path = directory / f"{len(list(directory.iterdir()))}.yml"
        path.write_text(f"- name: Do what the play wants\n  {task}\n")
        return str(path)

    return write


def test_failed_task_before_the_switch_prevents_it(two, source, play, state, tasks):
    before = state()
    task = tasks("ansible.builtin.fail: {msg: not before nightfall}")
    done = play(source(), wsgi_app_before_switch=task)
    assert (done.returncode, state()) == (2, before)
    assert "not before nightfall" in done.stdout


def test_tasks_run_before_and_after_the_switch(source, deploy, host, tasks):
    new = source()
    note = "ansible.builtin.shell: curl --silent http://localhost/news/ >> /root/{}"
    deploy(
        new,
        wsgi_app_before_switch=tasks(note.format("before")),
        wsgi_app_after_switch=tasks(note.format("after")),
    )
    versions = [
        host.check_output(f"cut --delimiter , --fields 1 /root/{when}")
        for when in ("before", "after")
    ]
    assert versions[0] != new.version == versions[1]


def test_tasks_know_the_switch(source, deploy, operate, host, tasks):
    note = tasks(
        "ansible.builtin.copy: {dest: /root/switch, content: '{{ wsgi_app_switch | to_json }}'}"
    )
    deploy(source(), wsgi_app_after_switch=note)
    before = json.loads(host.check_output("cat /root/switch"))
    deploy(source(), wsgi_app_after_switch=note)
    switch = json.loads(host.check_output("cat /root/switch"))
    assert switch["previous_release"] == before["release"]
    assert not switch["is_rollback"]
    for name in ("release_dir", "previous_release_dir", "data_dir"):
        host.check_output(f"test -d {switch[name]}")
    done = operate("rollback", wsgi_app_after_switch=note)
    assert done.returncode == 0, done.stdout
    switch = json.loads(host.check_output("cat /root/switch"))
    assert (switch["release"], switch["is_rollback"]) == (before["release"], True)


def test_tasks_that_failed_run_again(source, play, deploy, host, tasks):
    host.check_output("rm -f /root/ready")
    new = source()
    task = tasks("ansible.builtin.command: test -e /root/ready")
    done = play(new, wsgi_app_after_switch=task)
    assert done.returncode == 2
    done = play(new, wsgi_app_after_switch=task)
    assert done.returncode == 2, "they are still not done"
    host.check_output("touch /root/ready")
    deploy(new, wsgi_app_after_switch=task)
    assert "changed=0 " in deploy(new, wsgi_app_after_switch=task)


def test_tasks_in_check_mode(source, play, tasks):
    task = tasks("ansible.builtin.fail: {msg: I was called}")
    new = source()
    done = play(new, "--check", wsgi_app_before_switch=task, wsgi_app_after_switch=task)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(f"The tasks in {task} would run.") == 2
    done = play(new, "--check", wsgi_app_before_switch=task, wsgi_app_hooks_in_check_mode=True)
    assert done.returncode == 2
    assert "I was called" in done.stdout
