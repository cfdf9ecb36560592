"""Awkward values reach the app as they were written."""

import pytest
import yaml
from client import ask
from controller import SCENARIO

WRITTEN = yaml.safe_load((SCENARIO / "vars/environment_variables.yml").read_text())
VALUES = WRITTEN["environment_variables_of_ledger"] | WRITTEN["secrets_of_ledger"]


@pytest.mark.parametrize("name", VALUES)
def test_value_is_exact(name):
    answer = ask(f"/environment_variables/{name}", host="ledger.example.test")
    assert answer.text == VALUES[name]
