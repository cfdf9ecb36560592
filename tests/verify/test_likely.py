"""An assumed URL without a response is not a fault of the site."""

import pytest
from serving import free_ports
from setups import RIGHT, WRONG, SetUp


def set_up(name: str) -> SetUp:
    return next(it for it in [*RIGHT, *WRONG] if it.name == name)


@pytest.fixture
def assume(verify):
    def assume(it: SetUp, connect: str = "", **arguments) -> dict:
        """Test on the host, and then at the public URL, by default at a closed port."""
        public, *inside = verify.question(it)["endpoints"]
        other_responses = verify(it, endpoints=inside)["responses"]
        nowhere = {**public, "connect": connect or f"127.0.0.1:{free_ports(1)[0]}"}
        return verify(
            it,
            endpoints=[nowhere],
            other_responses=other_responses,
            **{"url_is_assumed": True, **arguments},
        )

    return assume


@pytest.mark.parametrize("name", ["a mapped port", "a proxy in front", "a pinned URL"])
def test_right_set_up_has_no_fault(assume, name: str):
    said = assume(set_up(name))
    assert (said["right"], said["report"]["faults"]) == (True, [])
    assert "ConnectionRefusedError" in said["report"]["unanswered"]
    assert "? no response" in said["table"][0]
    assert "nginx_site_verify_url" in said["table"][0]


def test_fault_that_shows_on_the_host_is_named(assume):
    found = assume(set_up("SERVER_NAME is another"))["report"]["faults"]
    assert [one["name"] for one in found] == ["server-name"]


def test_given_url_must_respond(assume):
    found = assume(set_up("a mapped port"), url_is_assumed=False)["report"]["faults"]
    assert [one["name"] for one in found] == ["not-reachable"]


def test_response_is_judged(assume, verify):
    it = set_up("trusted network is missing")
    found = assume(it, verify.question(it)["endpoints"][0]["connect"])["report"]
    assert ([one["name"] for one in found["faults"]], found["unanswered"]) == (
        ["proxy-not-trusted"],
        "",
    )


def test_certificate_is_judged(assume, verify):
    it = set_up("a proxy in front")
    said = assume(it, verify.question(it)["endpoints"][0]["connect"], ca_path=None)
    assert [one["name"] for one in said["report"]["faults"]] == ["certificate"]


def test_no_layer_to_judge_is_no_fault(verify):
    it = set_up("a mapped port")
    nowhere = {"name": "public", "connect": f"127.0.0.1:{free_ports(1)[0]}"}
    said = verify(it, endpoints=[nowhere], url_is_assumed=True)
    assert (said["right"], said["report"]["hops"]) == (True, [])
