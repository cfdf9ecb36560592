"""The processes of a build end with it, and reach nothing else (H4, M2)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import confinement
import pytest
from controller import Run, deploy, play
from taken_over import SCENARIO, local, project, reason

UNHASHED = "itsdangerous==2.2.0\n"


@pytest.fixture(scope="module")
def found(host, source) -> Iterator[dict]:
    """Deploy a project whose build attacks the host, and return what it found."""
    deploy(SCENARIO / "deploy.yml", **local(source(**attacking())))
    last = "ls -t /srv/wsgi/evil/releases/*/lib/found.json | head -1"
    yield json.loads(host.check_output(f"cat $({last})"))
    host.run(
        "pkill --uid wsgi-evil,wsgi_evil --full ' -c .*CANARY-written-by-survivor';"
        "rm -rf /var/cache/wsgi/evil/*;"
        "rm -f /tmp/canary* /var/tmp/canary* /dev/shm/canary* /dev/mqueue/canary* /run/lock/canary*"
    )


def attacking() -> dict[str, str]:
    """Return the files of a project that attacks its host when it is built."""
    attacks = SCENARIO / "attacks"
    return project((attacks / "attack.py").read_text()) | {
        "survivor.py": (attacks / "survivor.py").read_text(),
        # With the project in the environment, the attack comes before the files belong to root.
        "requirements.txt": f"{UNHASHED}.\n",
    }


@pytest.fixture(scope="module")
def planted(found, source) -> Run:
    """Deploy one that also leaves links to files that only root may read."""
    return play(SCENARIO / "deploy.yml", **local(source(plants="", **attacking())))


@pytest.fixture(scope="module")
def number(host) -> str:
    return host.check_output("id -u wsgi-evil")


@pytest.mark.usefixtures("found")
def test_no_build_process_is_left(host, processes, number):
    """H4."""
    found = confinement.processes(host)
    assert [process for process in found if "_build.service" in process.cgroup] == []
    assert processes(host.check_output("id -u wsgi_evil")) == []
    assert processes(number, beside_units=True) == []


@pytest.mark.usefixtures("found")
def test_no_process_has_the_host_network(host, processes, number):
    """H4: the app has none."""
    theirs = {host.check_output(f"readlink /proc/{number}/ns/net") for number in processes(number)}
    assert host.check_output("readlink /proc/1/ns/net") not in theirs


@pytest.mark.usefixtures("found")
def test_left_links_change_no_file_of_root(host):
    """Further attack: a file that was opened before it became root's can still be written."""
    searched = "grep -r --include='*.py' -l CANARY-written-by-survivor /srv/wsgi/evil/environments"
    assert host.run(searched).stdout == ""


def test_output_is_complete(source):
    """Further attack: all of it would be in root's memory."""
    attack = "def attack():\n    print('x' * 2**22)\n    raise SystemExit('CANARY-end')\n"
    run = play(SCENARIO / "deploy.yml", **local(source(**project(attack))))
    assert (run.succeeded, "CANARY-end" in run.output) == (False, True)
    assert len(run.output) < 2**20


def test_planted_link_is_named(planted):
    """H2: files of the build do not become root's."""
    assert not planted.succeeded
    assert "planted.py links to /opt/canary/secret.py, outside of" in reason(planted)


@pytest.mark.usefixtures("planted")
def test_root_does_not_follow_a_planted_link(host):
    """H2: root compiled the target of the link."""
    assert host.run("grep -r -l CANARY-secret /srv/wsgi/evil").stdout == ""


@pytest.mark.usefixtures("planted")
def test_release_has_no_planted_link(host):
    """H2."""
    links = "find /srv/wsgi/evil/releases /srv/wsgi/evil/environments -lname '/opt/canary*'"
    assert host.check_output(links) == ""


def test_build_gains_no_rights(found):
    """H4."""
    assert "NoNewPrivs:\t1" in found["rights"]
    assert "Seccomp:\t2" in found["rights"]


def test_build_does_not_see_other_processes(found):
    """H4."""
    assert found["others"] == []


def test_build_does_not_read_secrets(found):
    """Further attack: the app that runs is of the same user as the build."""
    assert found["secrets"] == []


def test_build_does_not_write_data(found):
    """H4: the build could change files of the running app."""
    assert found["data"] == []


def test_build_does_not_read_settings(found):
    """Further attack: they are for the app's user, too, and a build has a network."""
    assert found["settings"] == []


def test_build_leaves_no_object_on_the_host(found, host):
    """H4, L4."""
    assert "/tmp" in found["written"]
    traces = "find /dev/shm /dev/mqueue /run/lock /tmp /var/tmp -name canary_of_build"
    assert host.run(traces).stdout == ""


@pytest.mark.usefixtures("found")
def test_app_cannot_change_the_cache(host, run_as):
    """Further attack: its next build would install what it finds there."""
    cache = "/var/cache/wsgi/evil"
    assert host.check_output(f"ls {cache}") != ""
    run_as("wsgi-evil", f"touch {cache}/canary {cache}/*/canary")
    assert run_as("wsgi-evil", f"find {cache} -writable") == ""
    assert host.check_output(f"find {cache} -name canary") == ""


@pytest.mark.usefixtures("found")
def test_poisoned_cache_fails_the_hash_check(evil, source, tmp_path):
    """M2."""
    (tmp_path / "in.txt").write_text(f"{UNHASHED}gunicorn\nwerkzeug\n")
    compiled = ["uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "in.txt"]
    lock = subprocess.run(compiled, cwd=tmp_path, check=True, capture_output=True, text=True)
    deploy(SCENARIO / "deploy.yml", **local(source(**{"requirements.txt": lock.stdout})))
    poisoned = "import itsdangerous; answer = hasattr(itsdangerous, 'POISONED')"
    assert evil.does(poisoned) is False


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(".config/pip/pip.conf", "[global]\nindex-url = {}\n", id="pip.conf"),
        pytest.param(".config/uv/uv.toml", "index-url = '{}'\n", id="uv.toml"),
    ],
)
def test_installer_settings_of_a_build_are_not_used(host, build, path, text):
    """M2: they would redirect downloads; those of uv are a further attack."""
    text = text.format("https://canary.invalid/simple")
    attack = (
        "from os import environ; from pathlib import Path\n"
        f"def attack():\n    path = Path(environ['HOME'], {path!r})\n"
        f"    path.parent.mkdir(parents=True, exist_ok=True)\n    path.write_text({text!r})\n"
    )
    try:
        assert build(**project(attack))["messages"] == []
        said = build(**{"requirements.txt": "zipp==3.20.2\n"})["messages"]
    finally:
        host.check_output("rm -rf /var/cache/wsgi/evil/.config")
    assert [message for message in said if "canary.invalid" in message] == []


def test_build_cannot_mark_the_environment_complete(host, build):
    """Further attack: an environment of an interrupted build would stay writable."""
    # The first build waits to be interrupted.
    attack = """
import glob, os, pathlib, signal
def attack():
    begun = pathlib.Path(os.environ['UV_CACHE_DIR'], 'begun')
    for path in glob.glob('/srv/wsgi/evil/environments/*/'):
        pathlib.Path(path, '.complete').touch()
    if not begun.exists():
        begun.touch()
        signal.pause()
"""
    try:
        left = build(cut_off=True, **project(attack), **{"requirements.txt": ".\n"})
    finally:
        host.check_output("rm -f /var/cache/wsgi/evil/uv/begun")
    assert (left["messages"], left["writable"]) == ([], [])
