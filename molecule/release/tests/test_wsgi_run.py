"""wsgi-run runs commands of people in the current release, with every backend."""

from __future__ import annotations

import hashlib
import os
import pty
import select
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from controller import EPHEMERAL
from patience import eventually

pytestmark = pytest.mark.operations

NAME = "people"
UNITS = f"'wsgi-{NAME}_run_*'"
SECRET = "a-word-that-no-command-line-has"
SETTINGS = {
    "app": NAME,
    "wsgi_app_environment": {"COLOUR": "dark red"},
    "wsgi_app_secrets": {"PASSWORD": SECRET},
    "wsgi_app_processes": [{"name": "worker", "command": "sleep infinity", "probation": 0}],
    "wsgi_app_schedules": [{"name": "mails", "command": "true", "calendar": "daily"}],
}


@pytest.fixture(scope="module")
def release(source, deploy):
    """Deploy a release; return its source."""
    made = source()
    deploy(made, **SETTINGS)
    return made


@pytest.fixture
def run(release, host):
    """Return a function that runs a command line of the host's shell, which uses wsgi-run."""
    return lambda line: host.run(line.replace("wsgi-run", f"wsgi-run {NAME}", 1))


def test_command_has_user_directory_and_environment_of_the_app(run, release):
    done = run(
        """wsgi-run sh -c 'id -un; cat version; echo "$COLOUR, $PASSWORD"; echo 1 >~/note'"""
    )
    assert (done.rc, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"wsgi-{NAME}", release.version, f"dark red, {SECRET}"]
    assert run("wsgi-run sh -c 'cat ~/note'").stdout == "1\n"


def test_command_has_the_sandbox_of_the_app(run):
    assert run("wsgi-run sh -c 'echo 1 >version'").rc != 0
    connect = "import socket; socket.create_connection(('127.0.0.1', 22), 1)"
    assert run(f'wsgi-run python3 -c "{connect}"').rc == 1


def test_arguments_arrive_as_they_are(run):
    done = run("""wsgi-run printf '%s\\n' 'a  b' '$HOME' '${HOME}' '$$' '%n' '"' '' '*' -x""")
    assert done.stdout.split("\n") == [
        "a  b",
        "$HOME",
        "${HOME}",
        "$$",
        "%n",
        '"',
        "",
        "*",
        "-x",
        "",
    ]


def test_status_is_passed_on(run):
    assert run("wsgi-run sh -c 'exit 3'").rc == 3
    assert run("wsgi-run no-such-command").rc == 127


def test_input_comes_from_a_pipe(run):
    assert run("echo 'print(6 * 7)' | wsgi-run python3 -").stdout == "42\n"


def test_input_may_be_empty(run):
    assert run("wsgi-run cat </dev/null").stdout == ""


def test_output_and_errors_stay_apart_and_complete(run):
    code = "import sys; sys.stdout.write('0123456789' * 10000); sys.stderr.write('x' * 100000)"
    done = run(f'wsgi-run python3 -c "{code}"')
    assert hashlib.sha256(done.stdout.encode()).digest() == (
        hashlib.sha256(b"0123456789" * 10000).digest()
    )
    assert done.stderr == "x" * 100000


def test_reader_that_ends_early(run):
    done = run("wsgi-run yes | head -1")
    assert (done.rc, done.stdout) == (0, "y\n")


def test_secrets_are_on_no_command_line(run, host, release):
    """Users see the command lines of all processes, and the settings of all units."""
    host.run(f"wsgi-run {NAME} sh -c 'echo $$ >~/ready; sleep 20' >/dev/null 2>&1 &")
    assert eventually(lambda: host.run(f"test -s /var/lib/wsgi/{NAME}/data/ready").rc == 0)
    listed = host.check_output(f"cat /proc/*/cmdline | tr '\\0' ' '; systemctl show {UNITS}")
    assert f"wsgi-run {NAME}" in listed
    assert SECRET not in listed
    host.check_output(f"systemctl stop {UNITS}; rm /var/lib/wsgi/{NAME}/data/ready")


@pytest.mark.parametrize(("signal", "status"), [("INT", 130), ("TERM", 143)])
def test_signal_ends_the_command(run, host, signal: str, status: int):
    done = run(f"timeout --preserve-status --signal={signal} 5 wsgi-run sleep 1000")
    assert (done.rc, running(host)) == (status, "")


def running(host) -> str:
    """Return what is left of commands that people ran."""
    listed = "ps --all --format '{{.Names}}' 2>/dev/null"
    engines = f"for engine in podman docker; do $engine {listed}; done"
    left = host.check_output(
        f"systemctl list-units --all --plain --no-legend {UNITS}; "
        f"{engines} | grep {NAME}_run || true"
    )
    return left


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, descriptor: int, process: subprocess.Popen) -> None:
        self.descriptor, self.process = descriptor, process
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def shows(self, text: str, seconds: float = 30) -> bool:
        """Return whether the terminal shows ``text`` within this time, after what it showed."""
        deadline = time.monotonic() + seconds
        while text not in self.seen and time.monotonic() < deadline:
            if select.select([self.descriptor], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.descriptor, 4096).decode(errors="replace")
                except OSError:
                    break
        found = text in self.seen
        self.seen = self.seen.partition(text)[2] if found else self.seen
        return found


@pytest.fixture
def terminal(release, address):
    """Return a function that starts a command with wsgi-run in a terminal, over SSH."""

    @contextmanager
    def start(*command: str) -> Iterator[Terminal]:
        ours, theirs = pty.openpty()
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
        login = ["ssh", "-tt", "-i", str(EPHEMERAL / "key"), *(f"-o{option}" for option in options)]
        process = subprocess.Popen(
            [*login, f"root@{address()}", shlex.join(["wsgi-run", NAME, *command])],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            yield Terminal(ours, process)
        finally:
            process.kill()
            process.wait()
            os.close(ours)

    return start


def test_interactive_shell(terminal, host):
    with terminal("python3") as shell:
        assert shell.shows(">>> ")
        shell.type("import sys, os; sys.stdin.isatty(), os.environ['COLOUR']\r")
        assert shell.shows("(True, 'dark red')")
        shell.type("exit(3)\r")
        assert shell.process.wait(30) == 3
    assert eventually(lambda: running(host) == "")


def test_terminal_ends_the_command(terminal, host):
    with terminal("sed", "--unbuffered", "s/q.*/an&/") as program:
        program.type("question\r")
        # The title of the terminal has the words of the command.
        assert program.shows("anquestion")
        program.type("\x03")
        assert program.process.wait(30) == 130
    assert eventually(lambda: running(host) == "")


def test_lost_connection_leaves_nothing(terminal, host):
    with terminal("python3") as shell:
        assert shell.shows(">>> ")
        assert f"wsgi-{NAME}_run" in running(host)
    assert eventually(lambda: running(host) == "", seconds=60)


def test_overview(run, release, host):
    overview = host.check_output("wsgi-run")
    one = host.check_output(f"wsgi-run {NAME}")
    assert one in overview
    current = host.check_output(f"readlink /etc/systemd/system/wsgi-{NAME}.service").split(".")[1]
    assert f"* {current}  deployed 20" in one
    assert f"wsgi-{NAME}_process_worker_1.{current}.service  active" in one
    assert f"wsgi-{NAME}_schedule_mails.timer  next 20" in one


def test_unknown_app(run, host):
    done = host.run("wsgi-run peopel id")
    assert (done.rc, done.stdout) == (1, "")
    assert "do you mean 'people'?" in done.stderr


def test_playbook_shows_output_and_status(release, operate):
    done = operate("run", wsgi_app_name=NAME, wsgi_app=NAME, command="echo $COLOUR; exit 3")
    assert done.returncode == 2
    assert "dark red" in done.stdout
    assert "The command ended with status 3." in done.stdout
    done = operate("run", wsgi_app_name=NAME, wsgi_app=NAME, command="cat version")
    assert done.returncode == 0
    assert release.version in done.stdout


def test_command_of_the_current_release(release, source, deploy, run):
    new = source()
    deploy(new, **SETTINGS)
    assert run("wsgi-run cat version").stdout.strip() == new.version


def test_removal_ends_commands(source, play, host):
    host.run(f"wsgi-run {NAME} sleep 1000 >/dev/null 2>&1 &")
    assert eventually(lambda: "running" in running(host))
    run = play(source(), **SETTINGS, wsgi_app_state="absent")
    assert run.returncode == 0, run.stdout
    assert running(host) == ""
    assert "no app 'people'" in host.run(f"wsgi-run {NAME} id").stderr
