"""Awkward values reach the app as they were written."""

import os
from pathlib import Path

import pytest
import yaml

WRITTEN = yaml.safe_load(
    Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"], "vars/environment.yml").read_text()
)
VALUES = WRITTEN["environment_of_ledger"] | WRITTEN["secrets_of_ledger"]


@pytest.mark.parametrize("name", VALUES)
def test_value_arrives(ask, name):
    answer = ask(f"/environment/{name}", host="ledger.example.test")
    assert answer.body.decode() == VALUES[name]
