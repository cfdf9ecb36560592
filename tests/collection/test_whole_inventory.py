"""The playbooks that write all apps and sites as a whole refuse to do so with a part of them."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "inventories/single_host"


@pytest.mark.parametrize("playbook", ["compose", "manifests", "stack"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            ("-i", INVENTORY, "--limit=localhost,demo"),
            "--limit is 'localhost,demo', but all apps and sites are written as a whole",
            id="limit",
        ),
        pytest.param(
            ("-i", "localhost,", "-c", "local"),
            "The inventory has no host in the groups app and web",
            id="other inventory",
        ),
    ],
)
def test_part_of_an_inventory_is_refused(
    run, tmp_path: Path, playbook: str, options: tuple, said: str
):
    variables = f"{playbook}_directory={tmp_path}/site {playbook}_registry=registry.example.org"
    done = run("ansible-playbook", *options, "-e", variables, ROOT / f"playbooks/{playbook}.yml")
    assert done.returncode == 2
    assert said in done.stdout
    assert not (tmp_path / "site").exists()
