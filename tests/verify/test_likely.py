"""A URL at which no server responds is not a fault of the site."""

import socket

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


@pytest.mark.parametrize("name", ["a mapped port", "a proxy in front", "a pinned URL"])
def test_given_url_without_a_server_is_not_wrong(assume, name: str):
    said = assume(set_up(name), url_is_assumed=False)
    assert (said["right"], said["report"]["faults"]) == (True, [])
    assert "ConnectionRefusedError" in said["table"][0]
    assert "nginx_site_verify_address" in said["table"][0]


def test_given_url_with_a_server_must_respond(assume):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        said = assume(set_up("a mapped port"), address, url_is_assumed=False, timeout=1)
    assert [one["name"] for one in said["report"]["faults"]] == ["no-response"]


def test_name_without_an_address_is_not_wrong(assume, monkeypatch):
    original = socket.getaddrinfo

    def resolve(host: str, *more, **options):
        if host == "shop.example":
            raise socket.gaierror(-2, "Name or service not known")
        return original(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    said = assume(set_up("a mapped port"), "shop.example:80", url_is_assumed=False)
    assert said["report"]["faults"] == []
    assert "no response (gaierror" in said["table"][0]


def test_fault_of_the_host_is_named_if_no_server_responds_at_a_given_url(assume):
    found = assume(set_up("SERVER_NAME is another"), url_is_assumed=False)["report"]["faults"]
    assert [one["name"] for one in found] == ["server-name"]


def test_response_is_judged(assume, verify):
    it = set_up("trusted network is missing")
    found = assume(it, verify.question(it)["endpoints"][0]["connect"])["report"]
    assert ([one["name"] for one in found["faults"]], found["unanswered"]) == (
        ["proxy-not-trusted"],
        "",
    )


@pytest.mark.parametrize("is_assumed", [True, False])
def test_unknown_authority_is_not_wrong(assume, verify, is_assumed: bool):
    it = set_up("a proxy in front")
    address = verify.question(it)["endpoints"][0]["connect"]
    said = assume(it, address, ca_path=None, url_is_assumed=is_assumed)
    assert said["report"]["faults"] == []
    assert "This machine does not trust the certificate" in said["table"][0]


@pytest.mark.parametrize("is_assumed", [True, False])
def test_certificate_for_another_name_is_wrong(assume, verify, is_assumed: bool):
    it = set_up("a proxy in front")
    address = verify.question(it)["endpoints"][0]["connect"]
    said = assume(it, address, url="https://other.example/api/", url_is_assumed=is_assumed)
    assert [one["name"] for one in said["report"]["faults"]] == ["certificate"]


def test_no_layer_to_judge_is_no_fault(verify):
    it = set_up("a mapped port")
    nowhere = {"name": "public", "connect": f"127.0.0.1:{free_ports(1)[0]}"}
    said = verify(it, endpoints=[nowhere], url_is_assumed=True)
    assert (said["right"], said["report"]["hops"]) == (True, [])


@pytest.mark.parametrize("name", ["SERVER_NAME is another", "cookie is for https alone"])
@pytest.mark.parametrize("is_assumed", [True, False])
def test_app_alone_does_not_show_the_public_origin(verify, name: str, is_assumed: bool):
    app = verify.question(set_up(name))["endpoints"][-1]
    said = verify(set_up(name), endpoints=[app], url_is_assumed=is_assumed)
    assert said["right"] is is_assumed


def test_cookie_for_another_path_shows_at_the_app_alone(verify):
    it = set_up("cookie is for another path")
    app = verify.question(it)["endpoints"][-1]
    found = verify(it, endpoints=[app], url_is_assumed=True)["report"]["faults"]
    assert [one["name"] for one in found] == ["cookie-path"]


def test_app_that_is_down_is_named_at_its_address(verify):
    it = set_up("app is down")
    app = verify.question(it)["endpoints"][-1]
    found = verify(it, endpoints=[app])["report"]["faults"]
    assert [one["name"] for one in found] == ["app-down"]
