"""The removal of an attacking app, and the reuse of its UID."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from controller import deploy, play
from taken_over import SCENARIO, STAYS, local, reason

DEEP = """
import os
for _ in range(3000):
    os.mkdir('d')
    os.chdir('d')
"""


@dataclass(frozen=True)
class Removal:
    """The state of the host after the removal of the app."""

    succeeded: bool
    seconds: float
    output: str
    processes: list[str]
    number_is_free: bool
    build_user_is_gone: bool
    data_is_there: bool


@pytest.fixture(scope="module")
def number(host, run_as, source):
    """Leave processes and files of the app beside its data, and return its number."""
    files = local(source(**STAYS))
    deploy(SCENARIO / "deploy.yml", app="gone", wsgi_app_timeout=1, **files)
    number = host.check_output("id -u wsgi-gone")
    host.check_output("systemd-run --quiet --collect --unit=leftover --uid=wsgi-gone sleep 600")
    run_as("wsgi-gone", "touch /var/tmp/of_gone")
    return number


@pytest.fixture(scope="module")
def remove(host, processes, number):
    """Return a function that removes the app and returns what is left."""

    def run(**variables) -> Removal:
        begun = time.monotonic()
        absent = {"wsgi_app_state": "absent", "wsgi_app_timeout": 1}
        done = play(SCENARIO / "deploy.yml", app="gone", **absent, **variables)
        return Removal(
            done.succeeded,
            time.monotonic() - begun,
            done.output,
            processes(number),
            host.run(f"getent passwd {number}").rc != 0,
            not host.user("wsgi_gone").exists,
            host.file("/var/lib/wsgi/gone").exists,
        )

    yield run
    host.run(
        "systemctl stop leftover; rm -rf /var/tmp/of_gone /var/lib/wsgi/gone; userdel wsgi-gone"
    )


@pytest.fixture(scope="module")
def removal(host, remove) -> Removal:
    """Remove it while a process of it runs beside its units."""
    removed = remove()
    host.run("systemctl stop leftover")
    return removed


@pytest.fixture(scope="module")
def second_removal(remove, removal) -> Removal:
    """Remove it once more, in case that the process was in the way."""
    return remove()


@pytest.fixture(scope="module")
def whole_removal(host, remove, second_removal, number) -> Removal:
    """Remove its data, too, in which it has left a tree that is deeper than Python's stack."""
    top, owner = "/var/lib/wsgi/gone", f"setpriv --reuid={number} --clear-groups"
    host.check_output(f"install -d -o {number} {top}/deep && chmod 0711 {top}")
    host.check_output(f'cd {top}/deep && {owner} python3 -c "{DEEP}"')
    return remove(wsgi_app_remove_data=True)


def test_left_process_does_not_prevent_removal(removal):
    """H4."""
    assert removal.succeeded, reason(removal)


def test_hanging_main_process_does_not_prevent_removal(removal):
    """Further attack: it has systemd wait."""
    assert removal.seconds < 120


def test_no_process_is_left(removal):
    """H4."""
    assert removal.processes == []


def test_user_of_builds_is_removed(removal, host):
    """It owned nothing but the cache."""
    assert removal.build_user_is_gone
    assert not host.file("/var/cache/wsgi/gone").exists


def test_uid_is_reserved_while_data_is_left(second_removal):
    """H4."""
    assert (second_removal.succeeded, second_removal.data_is_there) == (True, True)
    assert not second_removal.number_is_free


def test_deep_tree_does_not_prevent_removal(whole_removal):
    """Further attack, as L9."""
    assert whole_removal.succeeded, reason(whole_removal)
    assert not whole_removal.data_is_there


def test_uid_is_reserved_while_a_file_is_left(whole_removal, host, number):
    """Further attack: a file that lies where every user can write."""
    assert host.check_output(f"find /var/tmp -uid {number}")
    assert not whole_removal.number_is_free
