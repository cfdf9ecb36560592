"""A URL that only may be the site's, and where nobody answers, is no fault of the site."""

import pytest
from serving import free_ports
from setups import RIGHT, WRONG, SetUp


def set_up(name: str) -> SetUp:
    return next(it for it in [*RIGHT, *WRONG] if it.name == name)


@pytest.fixture
def likely(verify):
    def likely(it: SetUp, connect: str = "", **arguments) -> dict:
        """Ask on the host, and then where nobody answers, unless it is told where."""
        public, *inside = verify.question(it)["layers"]
        known = verify(it, layers=inside)["layers"]
        nowhere = {**public, "connect": connect or f"127.0.0.1:{free_ports(1)[0]}"}
        return verify(it, layers=[nowhere], known=known, **{"likely": True, **arguments})

    return likely


@pytest.mark.parametrize("name", ["a mapped port", "a proxy in front", "a pinned URL"])
def test_right_one_is_right_as_far_as_its_host_can_tell(likely, name: str):
    said = likely(set_up(name))
    assert (said["right"], said["contract"]["findings"]) == (True, [])
    assert "ConnectionRefusedError" in said["contract"]["unanswered"]
    assert "? nobody answers there" in said["table"][0]
    assert "nginx_site_verify_url" in said["table"][0]


def test_fault_that_its_host_can_tell_is_named(likely):
    found = likely(set_up("SERVER_NAME is another"))["contract"]["findings"]
    assert [one["fault"] for one in found] == ["server-name"]


def test_url_that_somebody_has_told_has_to_answer(likely):
    found = likely(set_up("a mapped port"), likely=False)["contract"]["findings"]
    assert [one["fault"] for one in found] == ["not-reachable"]


def test_answer_is_judged(likely, verify):
    it = set_up("trusted network is missing")
    found = likely(it, verify.question(it)["layers"][0]["connect"])["contract"]
    assert ([one["fault"] for one in found["findings"]], found["unanswered"]) == (
        ["proxy-not-trusted"],
        "",
    )


def test_certificate_is_judged(likely, verify):
    it = set_up("a proxy in front")
    said = likely(it, verify.question(it)["layers"][0]["connect"], ca_path=None)
    assert [one["fault"] for one in said["contract"]["findings"]] == ["certificate"]


def test_nothing_to_ask_is_no_fault(verify):
    it = set_up("a mapped port")
    nowhere = {"name": "public", "connect": f"127.0.0.1:{free_ports(1)[0]}"}
    said = verify(it, layers=[nowhere], likely=True)
    assert (said["right"], said["contract"]["hops"]) == (True, [])
