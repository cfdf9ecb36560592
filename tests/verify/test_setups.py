"""Each wrong set-up is called by its name, and a right one by none."""

import pytest
from setups import RIGHT, WRONG, SetUp


def named(set_ups: list[SetUp]) -> list:
    return [pytest.param(set_up, id=set_up.name) for set_up in set_ups]


@pytest.mark.parametrize("set_up", named(RIGHT))
def test_right_one_is_silent(name, set_up: SetUp):
    assert name(set_up) == []


@pytest.mark.parametrize("set_up", named(WRONG))
def test_wrong_one_is_named(name, set_up: SetUp):
    assert name(set_up) == [(set_up.fault, set_up.hop)]
