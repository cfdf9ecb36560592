"""What can be told of a site from outside alone, by somebody who has no key."""

import pytest
from setups import RIGHT, WRONG, SetUp

HIDDEN = [
    "balancer does not tell the visitor's address",
    "balancer lets no WebSocket through",
    "balancer limits bodies",
    "nginx lets no WebSocket through",
    "nginx limits bodies",
    "trusted network is too wide",
    "old site wins",
    "prefix of a stripped app differs",
    "ProxyFix is absent",
    "ProxyFix counts two",
    "balancer asks for another name of the site",
    "balancer leads to another path",
    "mount is missing",
    "prefix is stripped by nobody",
    "nginx tells lists, ProxyFix counts one",
    "nginx tells one value, ProxyFix counts two",
    "SERVER_NAME is another",
    "app has no prefix in its routes",
]
"""Set-ups that answer as a right one might: with a 404, or with URLs of another host."""


def outside(verify, set_up: SetUp) -> dict:
    """Ask as somebody who knows nothing but the URL."""
    public = [verify.question(set_up)["layers"][0]]
    unknown = {"trusted_proxies": None, "trusted_headers": None, "keys": "", "layers": public}
    return verify(set_up, **unknown)


@pytest.mark.parametrize("set_up", [pytest.param(it, id=it.name) for it in RIGHT])
def test_right_one_is_silent(verify, set_up: SetUp):
    assert outside(verify, set_up)["contract"]["findings"] == []


@pytest.mark.parametrize("set_up", [pytest.param(it, id=it.name) for it in WRONG])
def test_wrong_one_is_seen_unless_it_hides(verify, set_up: SetUp):
    assert outside(verify, set_up)["right"] is (set_up.name in HIDDEN)
