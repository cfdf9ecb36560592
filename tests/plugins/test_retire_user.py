"""A user goes when nothing is left of it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.modules import retire_user
from patience import eventually

NAME, UID = "wsgi-retired", 64999
FORKS = "import os, signal\nfor _ in range(300): os.fork() or signal.pause()\nsignal.pause()"


@pytest.fixture
def user() -> Iterator[str]:
    command = ["useradd", "--system", "--no-create-home", f"--uid={UID}", NAME]
    subprocess.run(command, check=True)
    yield NAME
    subprocess.run(["pkill", "--signal=KILL", "--uid", str(UID)])
    subprocess.run(["userdel", NAME], capture_output=True)


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Look for files below ``tmp_path`` alone: this machine has many elsewhere."""
    monkeypatch.setattr(retire_user, "list_mounts", lambda table: [str(tmp_path)])


def exists(name: str) -> bool:
    return subprocess.run(["getent", "passwd", name], capture_output=True).returncode == 0


def test_user_without_files_is_removed(run_module, user: str):
    result = run_module(retire_user, name=user)
    assert (result["changed"], result["removed"], exists(user)) == (True, True, False)


def test_user_with_a_file_stays_and_the_file_is_named(run_module, user: str, tmp_path: Path):
    (tmp_path / "left").touch()
    os.chown(tmp_path / "left", UID, UID)
    result = run_module(retire_user, name=user)
    assert (result["changed"], result["file"], exists(user)) == (False, f"{tmp_path}/left", True)


def test_user_stays_where_files_cannot_be_looked_for(
    run_module, user: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(retire_user, "list_mounts", lambda table: [str(tmp_path / "none")])
    result = run_module(retire_user, name=user)
    assert (result["failed"], exists(user)) == (True, True)
    assert f"{tmp_path}/none" in result["msg"]


def test_user_that_is_kept_stays(run_module, user: str):
    result = run_module(retire_user, name=user, keep=True)
    assert (result["changed"], exists(user)) == (False, True)


def test_missing_user_is_no_change(run_module):
    assert run_module(retire_user, name="wsgi-no-such-user")["changed"] is False


def test_check_mode_removes_nothing(run_module, user: str):
    result = run_module(retire_user, name=user, _ansible_check_mode=True)
    assert (result["changed"], exists(user)) == (True, True)


@pytest.mark.parametrize("keep", [False, True])
def test_processes_end_even_if_they_start_others(run_module, user: str, keep: bool):
    with subprocess.Popen(
        ["/usr/bin/python3", "-c", FORKS], user=UID, group=UID, extra_groups=[]
    ) as process:
        assert eventually(lambda: len(list(retire_user.list_processes(UID))) >= 8)
        run_module(retire_user, name=user, keep=keep)
        assert process.wait() == -signal.SIGKILL
    assert list(retire_user.list_processes(UID)) == []


ONE_THREAD_LESS = """
import ctypes, signal, threading
threading.Thread(target=signal.pause).start()
ctypes.CDLL(None).syscall({exit}, 0)
"""


def test_process_whose_first_thread_has_ended_is_one(user: str):
    number = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
    with subprocess.Popen(
        ["/usr/bin/python3", "-c", ONE_THREAD_LESS.format(exit=number)], user=UID, group=UID
    ) as process:
        status = Path(f"/proc/{process.pid}/status")
        assert eventually(lambda: "State:\tZ" in status.read_text())
        assert list(retire_user.list_processes(UID)) == [process.pid]
        assert retire_user.kill_all(UID)


MOUNTS = r"""
22 1 254:1 / / rw - ext4 /dev/vda1 rw
23 22 0:21 / /proc rw - proc proc rw
24 22 254:1 /srv/a /mnt/part rw - ext4 /dev/vda1 rw
25 22 0:30 / /home/médias\0402 rw - tmpfs tmpfs rw
26 22 0:40 / /mnt/nas rw - nfs4 nas:/ rw
27 22 0:41 / /mnt/ssh rw - fuse.sshfs host:/ rw
28 22 0:30 /sub /mnt/sub rw - tmpfs tmpfs rw
""".strip()


def test_local_file_systems_are_looked_through_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    assert list(retire_user.list_mounts(MOUNTS)) == ["/home/médias 2", "/"]
