"""Verify names the fault of each wrong set-up, and none for a right one."""

import pytest
from setups import RIGHT, WRONG, SetUp


def named(set_ups: list[SetUp]) -> list:
    return [pytest.param(set_up, id=set_up.name) for set_up in set_ups]


@pytest.mark.parametrize("set_up", named(RIGHT))
def test_right_set_up_has_no_fault(name, set_up: SetUp):
    assert name(set_up) == []


@pytest.mark.parametrize("set_up", named(WRONG))
def test_wrong_set_up_is_named(name, set_up: SetUp):
    assert name(set_up) == [(set_up.fault, set_up.hop)]


def test_untrusted_certificate_is_named(verify):
    set_up = next(set_up for set_up in RIGHT if set_up.name == "a proxy in front")
    found = verify(set_up, ca_path=None)["report"]["faults"]
    assert [(one["name"], one["hop"]) for one in found] == [("certificate", "browser")]
    assert verify(set_up, ca_path=None, validate_certs=False)["right"]


def test_keys_are_not_returned(verify, world):
    said = str(verify(RIGHT[0]))
    keys = [path.read_text() for path in world.top.glob("*/diagnosis.key")]
    assert keys and not any(key in said for key in keys)
