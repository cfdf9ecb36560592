"""Addresses that nginx listens on."""

import pytest
from ansible_collections.subsite.deploy.plugins.filter.listen_addresses import listen_addresses


@pytest.mark.parametrize(
    ("listeners", "addresses"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["80"], ["80", "[::]:80"], id="port"),
        pytest.param([80], ["80", "[::]:80"], id="port as a number"),
        pytest.param(["127.0.0.1:80"], ["127.0.0.1:80"], id="IPv4 address"),
        pytest.param(["[::1]:80"], ["[::1]:80"], id="IPv6 address"),
        pytest.param(["80", "[::1]:81"], ["80", "[::]:80", "[::1]:81"], id="order is kept"),
    ],
)
def test_addresses(listeners: list, addresses: list[str]):
    assert listen_addresses(listeners) == addresses
