"""Run playbooks and read their output."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
SCENARIO = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
"""The directory of the scenario for temporary files."""
MOLECULE = yaml.safe_load(Path(os.environ["MOLECULE_FILE"]).read_text())
"""The molecule.yml of the scenario, merged with the base configuration."""


@dataclass(frozen=True)
class Run:
    """The result of a playbook."""

    succeeded: bool
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts together."""
        counts = re.findall(r"\bchanged=(\d+)", self.output)
        assert counts, f"The playbook met no host:\n{self.output}"
        return sum(map(int, counts))

    @property
    def differences(self) -> list[str]:
        """The first lines of the printed differences."""
        return re.findall(r"(?m)^(?:[-+]{3} |@@ |.* becomes )", self.output)


def command_of(playbook: str | Path, *options: str, **variables: object) -> list[str]:
    """Return the command that runs a playbook on the hosts that molecule has."""
    return [
        "ansible-playbook",
        f"--inventory={os.environ['MOLECULE_INVENTORY_FILE']}",
        *MOLECULE["ansible"]["executor"]["args"]["ansible_playbook"],
        f"--extra-vars={json.dumps(variables)}",
        *options,
        str(playbook),
    ]


def play(
    playbook: str | Path,
    *options: str,
    directory: Path = SCENARIO,
    environ: Mapping[str, str] | None = None,
    **variables: object,
) -> Run:
    """Run a playbook of the scenario, or of another directory, on the hosts that molecule has.

    :param environ: more environment variables for Ansible.
    :param variables: extra variables, which override all others.
    """
    done = subprocess.run(
        command_of(playbook, *options, **variables),
        cwd=directory,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", **(environ or {})},
        capture_output=True,
        text=True,
    )
    return Run(done.returncode == 0, done.stdout + done.stderr)


def deploy(playbook: str | Path, *options: str, **how) -> Run:
    """Run a playbook, as :func:`play` does, which has to succeed."""
    run = play(playbook, *options, **how)
    assert run.succeeded, run.output
    return run
