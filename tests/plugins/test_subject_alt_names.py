"""Names of a certificate as community.crypto takes them."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.subject_alt_names import subject_alt_names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("example.org", "DNS:example.org", id="host name"),
        pytest.param("*.example.org", "DNS:*.example.org", id="wildcard"),
        pytest.param("203.0.113.5", "IP:203.0.113.5", id="IPv4 address"),
        pytest.param("[2001:db8::5]", "IP:2001:db8::5", id="IPv6 address in brackets"),
        pytest.param("2001:db8:0::5", "IP:2001:db8::5", id="long IPv6 address"),
    ],
)
def test_name_has_its_type(name: str, expected: str):
    assert subject_alt_names([name]) == [expected]


def test_equal_names_are_listed_once():
    assert subject_alt_names(["a.example", "b.example", "a.example"]) == [
        "DNS:a.example",
        "DNS:b.example",
    ]
