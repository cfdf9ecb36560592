"""A run waits for another process that holds a lock of apt."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager

import pytest
from controller import PROJECT, deploy

HOLD = """
import fcntl, sys
with open(sys.argv[1], "a") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""
PACKAGE = {"wsgi_app_system_packages": ["tree"]}
BY_NAME = {"ANSIBLE_PIPELINING": "0"}
"""Has modules run as files, so that a host sees which one runs."""
APT_RUNS = (
    "timeout 60 sh -c 'until grep -qs [A]nsiballZ_apt /proc/[0-9]*/cmdline; do sleep .1; done'"
)


@pytest.fixture
def held(container) -> Callable[[str], AbstractContextManager]:
    """Return a context in which another process holds a lock, as apt does (fcntl)."""

    @contextmanager
    def hold(path: str) -> Iterator[None]:
        command = ["podman", "exec", "--interactive", container, "python3", "-c", HOLD, path]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, text=True, **pipes) as holder:
            assert holder.stdout.readline() == "held\n"
            yield

    return hold


@pytest.fixture
def work(host, missing) -> None:
    """Give runs a package to install."""
    host.check_output(f"apt-get remove -qq {missing}")


@pytest.mark.parametrize(
    ("lock", "limit", "missing"),
    [
        pytest.param("/var/lib/apt/lists/lock", "demo", "tree", id="an app, for lists"),
        pytest.param("/var/lib/apt/lists/lock", "main", "nginx", id="a site, for lists"),
        pytest.param("/var/lib/dpkg/lock-frontend", "demo", "tree", id="an app, for packages"),
    ],
)
@pytest.mark.usefixtures("work")
def test_run_waits(host, held, lock, limit):
    with ThreadPoolExecutor() as pool:
        with held(lock):
            site = PROJECT / "playbooks/site.yml"
            run = pool.submit(deploy, site, f"--limit={limit}", environ=BY_NAME, **PACKAGE)
            host.check_output(APT_RUNS)
            assert wait([run], timeout=5).not_done
        assert run.result().succeeded
