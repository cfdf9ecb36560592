"""Compare the run time of the role with a playbook of plain tasks, which guarantees less.

The host is the one of scenario "release", over SSH as root. Both playbooks deploy the same app,
whose import takes a second; the role also with a lock. Their packages are already installed. The
numbers depend on the machine and its load: compare the columns only.

The exit status is 1 if the role's first deploy takes longer, or if new code with the same lock
takes 5 seconds more than a run with nothing to do.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
HOST = f"subsite-release-{os.environ.get('SUBSITE_SUITE', 'trixie')}"
REPEATS = 3
ROLE, LOCKED, PLAIN = "the role", "the role, with uv.lock", "plain tasks"
PLAYBOOKS = {ROLE: "bench/subsite.yml", LOCKED: "bench/subsite.yml", PLAIN: "bench/plain.yml"}
NOTHING, NEW_CODE = "nothing to do", "new code"
MOST_SECONDS_OF_AN_EDIT = 5
PROJECT_FILE = """\
[project]
name = "news"
version = "1"
requires-python = ">=3.11"
dependencies = ["werkzeug"]

[tool.uv]
package = false
"""
ENVIRONMENT = os.environ | {
    "ANSIBLE_CALLBACKS_ENABLED": "remote_calls",
    "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "tests/callback_plugins"),
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_REMOTE_USER": "root",
    "ANSIBLE_SSH_COMMON_ARGS": "-o UserKnownHostsFile=/dev/null",
}


class Way:
    """A playbook, and the app that it deploys."""

    def __init__(self, name: str, address: str, directory: Path) -> None:
        """Create a source in ``directory``, for an app with a new name."""
        self.playbook = PLAYBOOKS[name]
        self.address = address
        self.source = directory / name
        app = f"bench{list(PLAYBOOKS).index(name)}-{int(time.time())}"
        self.variables = {"app": app, "source": str(self.source), "colour": "none"}
        shutil.copytree(PROJECT / "molecule/release/source", self.source)
        if name == LOCKED:
            (self.source / "pyproject.toml").write_text(PROJECT_FILE)
            subprocess.run(["uv", "lock", "--quiet"], cwd=self.source, check=True)

    def run(self) -> tuple[float, int, int]:
        """Deploy and return seconds, tasks and remote calls."""
        began = time.monotonic()
        output = subprocess.run(
            ["ansible-playbook", "--inventory", f"{self.address},", self.playbook]
            + ["--extra-vars", json.dumps(self.variables)],
            cwd=PROJECT,
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        took = time.monotonic() - began
        tasks, skipped = re.findall(r"ok=(\d+).* skipped=(\d+)", output)[0]
        return took, int(tasks) + int(skipped), int(re.findall(r"remote calls: (\d+)", output)[0])

    def change_code(self, number: int) -> None:
        """Write a new version."""
        (self.source / "version").write_text(f"{number}\n")

    def change_settings(self, number: int) -> None:
        """Change an environment variable of the app."""
        self.variables["colour"] = f"blue{number}"


def on_host(*command: str, text: str = "") -> str:
    """Run ``command`` on the host and return its output."""
    return subprocess.run(
        ["podman", "exec", "--interactive", HOST, *command],
        input=text,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def let_in(directory: Path) -> None:
    """Create an SSH key and authorise it on the host."""
    key = directory / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    on_host("sh", "-c", "cat >> /root/.ssh/authorized_keys", text=Path(f"{key}.pub").read_text())
    ENVIRONMENT["ANSIBLE_PRIVATE_KEY_FILE"] = str(key)


def median(runs: list[tuple[float, int, int]]) -> float:
    """Return the median of the seconds."""
    return statistics.median(took for took, _, _ in runs)


def show(what: str, runs: dict[str, list[tuple[float, int, int]]]) -> None:
    """Print a row: the median of the seconds, and the counts of the last run."""
    cells = [
        f"{median(those):6.1f} s {those[-1][1]:3} tasks {those[-1][2]:3} calls"
        for those in runs.values()
    ]
    print(f"{what:14} | {' | '.join(cells)}", flush=True)


def main() -> None:
    """Measure the ways in turn."""
    runs: dict[str, dict[str, list[tuple[float, int, int]]]] = {}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        let_in(directory)
        address = on_host("hostname", "-I").split()[0]
        ways = {way: Way(way, address, directory) for way in PLAYBOOKS}
        print(f"{'':14} | {' | '.join(f'{way:28}' for way in ways)}")
        first = {way: [ways[way].run()] for way in ways}
        show("first deploy", first)
        for what, change in {
            NOTHING: lambda way, number: None,
            NEW_CODE: Way.change_code,
            "new settings": Way.change_settings,
        }.items():
            runs[what] = {way: [] for way in ways}
            for number in range(REPEATS):
                for way in ways:
                    change(ways[way], number)
                    runs[what][way].append(ways[way].run())
            show(what, runs[what])
    edit = median(runs[NEW_CODE][LOCKED]) - median(runs[NOTHING][LOCKED])
    print(f"new code with the same lock takes {edit:.1f} s more than a run with nothing to do")
    if edit > MOST_SECONDS_OF_AN_EDIT or median(first[ROLE]) > median(first[PLAIN]):
        sys.exit(1)


if __name__ == "__main__":
    main()
