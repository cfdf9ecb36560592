"""The lock that runs on one host share."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils.file_lock import locked

TRY = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def attempt(path: Path, **user: int) -> str:
    """Try to lock ``path`` in another process, and return why it cannot."""
    done = subprocess.run(
        ["python3", "-c", TRY, path], check=False, capture_output=True, text=True, **user
    )
    return done.stderr.strip().rpartition("\n")[2].partition(":")[0]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / ".lock"
    path.touch()
    path.chmod(0o644)
    return path


def test_another_run_waits(lock):
    with locked(lock):
        assert attempt(lock) == "BlockingIOError"
    assert attempt(lock) == ""


def test_another_user_cannot_hold_it(lock):
    """A taken-over app could keep all deploys waiting."""
    for path in [*lock.parents][:3]:
        path.chmod(path.stat().st_mode | 0o111)
    with locked(lock):
        assert attempt(lock, user=65534) == "PermissionError"
    assert attempt(lock, user=65534) == "PermissionError"
