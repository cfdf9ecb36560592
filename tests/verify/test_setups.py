"""Verify names the fault of each wrong set-up, and none for a right one."""

import pytest
from setups import DOUBTFUL, RIGHT, WRONG, SetUp


def named(set_ups: list[SetUp]) -> list:
    return [pytest.param(set_up, id=set_up.name) for set_up in set_ups]


@pytest.mark.parametrize("set_up", named(RIGHT))
def test_right_set_up_has_no_fault(name, set_up: SetUp):
    assert name(set_up) == []


@pytest.mark.parametrize("set_up", named(WRONG))
def test_wrong_set_up_is_named(name, set_up: SetUp):
    assert name(set_up) == [(set_up.fault, set_up.hop)]


def test_untrusted_certificate_is_no_response(verify):
    set_up = next(set_up for set_up in RIGHT if set_up.name == "a proxy in front")
    report = verify(set_up, ca_path=None)["report"]
    assert (report["faults"], "CERTIFICATE_VERIFY" in report["unanswered"]) == ([], True)
    assert verify(set_up, ca_path=None, validate_certs=False)["report"]["unanswered"] == ""


def test_keys_are_not_returned(verify, world):
    said = str(verify(RIGHT[0]))
    keys = [path.read_text() for path in world.top.glob("*/diagnosis.key")]
    assert keys and not any(key in said for key in keys)


def warned(verify, set_up: SetUp) -> list[str]:
    report = verify(set_up)["report"]
    assert report["faults"] == []
    return [warning["name"] for warning in report["warnings"]]


@pytest.mark.parametrize("set_up", named([it for it in RIGHT if it not in DOUBTFUL]))
def test_right_set_up_has_no_warning(verify, set_up: SetUp):
    assert warned(verify, set_up) == []


@pytest.mark.parametrize("set_up", named(DOUBTFUL))
def test_doubtful_set_up_has_a_warning(verify, set_up: SetUp):
    assert warned(verify, set_up) == [set_up.warning]
    said = verify(set_up)
    assert said["right"] and f"({set_up.warning})" in "\n".join(said["table"])
