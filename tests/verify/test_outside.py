"""Sites tested from outside, without a key."""

import pytest
from setups import RIGHT, WRONG, SetUp

HIDDEN = [
    "balancer does not forward the client address",
    "balancer drops WebSocket",
    "balancer limits bodies",
    "nginx drops WebSocket",
    "nginx limits bodies",
    "trusted network is too wide",
    "old site wins",
    "prefix of the app differs",
    "prefix of a stripped app differs",
    "ProxyFix is absent",
    "ProxyFix counts two",
    "balancer sends another host of the site",
    "balancer rewrites the path",
    "mount is missing",
    "prefix is not stripped",
    "nginx appends, ProxyFix counts one",
    "nginx sends one value, ProxyFix counts two",
    "SERVER_NAME is another",
    "app lacks its prefix in its routes",
]
"""Wrong set-ups whose responses a right one could send: a 404, or URLs of another host."""


def outside(verify, set_up: SetUp) -> dict:
    """Run verify with nothing but the URL."""
    public = [verify.question(set_up)["endpoints"][0]]
    unknown = {"trusted_proxies": None, "trusted_headers": None, "keys": "", "endpoints": public}
    return verify(set_up, **unknown)


@pytest.mark.parametrize("set_up", [pytest.param(it, id=it.name) for it in RIGHT])
def test_right_set_up_has_no_fault(verify, set_up: SetUp):
    assert outside(verify, set_up)["report"]["faults"] == []


@pytest.mark.parametrize("set_up", [pytest.param(it, id=it.name) for it in WRONG])
def test_wrong_set_up_is_found_unless_hidden(verify, set_up: SetUp):
    assert outside(verify, set_up)["right"] is (set_up.name in HIDDEN)
