"""An example of the README: its files and its commands, in an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from controller import MOLECULE, PROJECT

[CONTAINER] = [platform["name"] for platform in MOLECULE["platforms"]]
BLOCK = re.compile(
    r"(?:(?P<before>[^\n]+)\n\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL
)
PATH = re.compile(r"`(?P<path>[\w./-]+)`[^`]*:$")


class Example:
    """A chapter of the README, in a directory."""

    def __init__(self, heading: str, parent: Path) -> None:
        """Read the chapter. Its host is the one of this scenario."""
        readme = (PROJECT / "README.md").read_text()
        self.chapter = readme.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert self.chapter
        self.directory = parent / "empty"
        self.directory.mkdir()
        ssh = parent / "ssh_config"
        rules = (PROJECT / "molecule/shared/ssh_config").read_text()
        ssh.write_text(
            rules.replace("Host subsite-*", "Host *.example.org").replace("%h", CONTAINER)
        )
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")
        } | {
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_SSH_ARGS": f"-F {ssh}",
        }

    def follow(self) -> str:
        """Write the files and run the commands in their order, and return the output."""
        script = "set -eux\n"
        for block in BLOCK.finditer(self.chapter):
            if block["language"] == "console":
                script += re.sub(r"(?m)^\$ ", "", block["text"])
            else:
                path = PATH.search(block["before"])["path"]
                script += f"mkdir -p $(dirname {path})\ncat >{path} <<'END'\n{block['text']}END\n"
        return self.run(script)

    def run(self, script: str) -> str:
        """Run a script in the directory, which has to succeed, and return its output."""
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout
