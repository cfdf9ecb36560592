"""The program that runs a command of wsgi-run where the app runs."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "roles/wsgi_app/files/run_command.py"
# A shell is no command to interrupt: dash ignores SIGINT while it starts a process.
ANSWERS = ("sed", "--unbuffered", "s/question/answer/")


def started(has_terminal: str, *command: str, **streams) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-IS", PROGRAM, has_terminal, *command], text=True, **streams
    )


def test_streams_and_status():
    process = started(
        "false",
        *("sh", "-c", "cat; echo error >&2; exit 3"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.communicate("input\n") == ("input\n", "error\n")
    assert process.returncode == 3


def test_command_that_does_not_exist():
    process = started("false", "no-such-command", stderr=subprocess.PIPE)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (127, "no-such-command: No such file or directory\n")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM])
def test_signal_is_passed_on(number: signal.Signals):
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with started("false", *ANSWERS, **streams) as process:
        process.stdin.write("question\n")
        process.stdin.flush()
        assert process.stdout.readline() == "answer\n"
        process.send_signal(number)
        assert process.wait(30) == 128 + number


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Our side of a pseudo-terminal, and that of the program."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def read_until(descriptor: int, text: bytes) -> None:
    found = b""
    while text not in found:
        found += os.read(descriptor, 1024)


def test_terminal_ends_the_command(terminal):
    ours, theirs = terminal
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", sys.executable, "-IS", PROGRAM, "true", *ANSWERS],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, b"question\n")
    read_until(ours, b"answer")
    os.write(ours, b"\x03")
    assert process.wait(30) == 130
