"""Run a command of wsgi-run where the app runs, and exit with its status.

This program may be process 1 of its namespace. There, a signal has no effect on a program that does
not handle it (pid_namespaces(7)). So the command is another process.

    python3 -IS run_command.py true|false COMMAND...

The first argument is whether there is a terminal.
"""

from __future__ import annotations

import signal
import subprocess
import sys


def main() -> int:
    """Run the command in the arguments."""
    has_terminal, *command = sys.argv[1:]
    try:
        if has_terminal == "true":
            return run_in_terminal(command)
        return run(command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127


def run(command: list[str]) -> int:
    """Run ``command``, and pass signals on to it."""
    processes: list[subprocess.Popen] = []
    early: list[int] = []

    def pass_on(number: int, frame: object) -> None:
        if processes:
            processes[0].send_signal(number)
        else:
            early.append(number)

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, pass_on)
    processes.append(subprocess.Popen(command))
    for before in early:
        processes[0].send_signal(before)
    return status(processes[0].wait())


def run_in_terminal(command: list[str]) -> int:
    """Run ``command`` in the terminal, which sends its signals to it."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)
    return status(subprocess.run(command, check=False).returncode)


def status(returncode: int) -> int:
    """Return the status that a shell would give a process that ended by a signal."""
    return 128 - returncode if returncode < 0 else returncode


if __name__ == "__main__":
    sys.exit(main())
