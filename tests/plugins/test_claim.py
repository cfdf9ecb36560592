"""A run that changes an app voids the claims of earlier runs."""

import dataclasses
from pathlib import Path

import pytest
from ansible_collections.subsite.deploy.plugins.module_utils import claim


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep claims away from the apps of this machine."""
    made = claim.layout
    monkeypatch.setattr(
        claim,
        "layout",
        lambda name: dataclasses.replace(made(name), claim_path=f"{tmp_path}/claims/{name}"),
    )


def test_claim_is_current_until_another_run_claims_the_app():
    mine = claim.write("shop")
    assert claim.is_current("shop", mine)
    theirs = claim.write("shop")
    assert not claim.is_current("shop", mine)
    assert claim.is_current("shop", theirs)


def test_claim_is_for_one_app():
    mine = claim.write("shop")
    claim.write("shop-2")
    assert claim.is_current("shop", mine)


def test_claim_is_void_after_a_reboot():
    assert not claim.is_current("shop", "0123")
