"""What those who deploy do: they run a playbook and read what it says."""

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
"""Where the scenario keeps what it makes on this machine."""
MOLECULE = yaml.safe_load(Path(os.environ["MOLECULE_FILE"]).read_text())
"""The scenario's molecule.yml, with what it is based on."""


@dataclass(frozen=True)
class Run:
    """What became of a playbook."""

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
        """What the differences that are shown begin with."""
        return re.findall(r"(?m)^(?:[-+]{3} |@@ |.* becomes )", self.output)


def play(
    playbook: str | Path,
    *options: str,
    directory: Path = SCENARIO,
    environ: Mapping[str, str] | None = None,
    **variables: object,
) -> Run:
    """Run a playbook of the scenario, or of another directory, on the hosts that molecule has.

    :param environ: what Ansible finds in its environment besides.
    :param variables: what comes before all that inventories and playbooks say.
    """
    done = subprocess.run(
        [
            "ansible-playbook",
            f"--inventory={os.environ['MOLECULE_INVENTORY_FILE']}",
            *MOLECULE["ansible"]["executor"]["args"]["ansible_playbook"],
            f"--extra-vars={json.dumps(variables)}",
            *options,
            str(playbook),
        ],
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
