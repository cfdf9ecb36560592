"""An app with prefix mode app, with absolute URLs in links and headers."""

import re

import pytest
from client import ask


@pytest.fixture
def letter():
    path = "/dav/letter.txt"
    ask(path, "PUT", body=b"Dear reader")
    yield path
    ask(path, "DELETE")


def test_links_have_the_prefix_once(letter):
    listing = ask("/dav/", "PROPFIND", headers={"Depth": "1"}).text
    assert re.findall(r"<ns0:href>([^<]+)<", listing) == ["/dav/", letter]


def test_prefix_without_slash_is_redirected():
    answer = ask("/dav", "PROPFIND")
    assert (answer.status, answer.location) == (308, "/dav/")


@pytest.mark.parametrize(
    "site",
    [
        pytest.param("localhost", id="at port 80"),
        pytest.param("localhost:18001", id="at a mapped port"),
    ],
)
def test_destination_has_the_same_origin(letter, site):
    copy = f"{letter}.copy"
    answer = ask(letter, "COPY", host=site, headers={"Destination": f"http://{site}{copy}"})
    assert (answer.status, ask(copy).body) == (201, b"Dear reader")
    ask(copy, "DELETE")
