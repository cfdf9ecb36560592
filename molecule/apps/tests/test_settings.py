"""A change of settings alone makes a release, which shares the environment of the one before it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from client import ask
from controller import deploy

HOST = "ledger.example.test"
GREETING, TOKEN = "good evening", "YW5vdGhlci10b2tlbg"


@dataclass(frozen=True)
class Change:
    """The output of a run, and what served before and after it."""

    output: str
    releases: tuple[str, str]
    environments: tuple[str, str]


@pytest.fixture(scope="module")
def change(host, release):
    def environment() -> str:
        return host.check_output("stat --dereference -c '%%i %%Z' %s/venv/", release("ledger"))

    before = release("ledger"), environment()
    run = deploy(
        "ledger.yml",
        "-vvv",
        "--diff",
        wsgi_app_environment={"GREETING": GREETING},
        wsgi_app_secrets={"LEDGER_TOKEN": TOKEN},
    )
    releases, environments = zip(before, (release("ledger"), environment()), strict=True)
    yield Change(run.output, releases, environments)
    deploy("ledger.yml")


def test_new_setting_makes_a_release(change):
    assert change.releases[0] != change.releases[1]


@pytest.mark.parametrize(("name", "value"), [("GREETING", GREETING), ("LEDGER_TOKEN", TOKEN)])
def test_app_receives_the_new_value(change, name, value):
    assert ask(f"/environment_variables/{name}", host=HOST).text == value


def test_environment_is_not_rebuilt(change):
    assert change.environments[0] == change.environments[1]


def test_diff_has_settings(change):
    assert GREETING in change.output


def test_diff_has_no_secret(change):
    assert TOKEN not in change.output
