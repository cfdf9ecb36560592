"""A certificate that the role makes, for the site's names, and anew before it expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tls_client import load

SELF_SIGNED = {"nginx_site_tls": {"mode": "self_signed", "names": ["*.late.example"]}}
PATH = "/etc/nginx/tls/late"


@pytest.fixture(scope="module", autouse=True)
def site(deploy):
    """The site with a certificate of its own."""
    deploy(**SELF_SIGNED)
    yield
    deploy(nginx_site_state="absent")


def test_client_with_the_certificate_trusts_it(late, host):
    assert late.get(host.file(f"{PATH}.pem").content_string) == 200


def test_certificate_has_each_name(late):
    assert late.names() == {"late.example", "*.late.example", "203.0.113.5"}


def test_key_is_private(host):
    key = host.file(f"{PATH}.key")
    assert (key.user, key.mode) == ("root", 0o600)
    assert host.run("runuser -u www-data -- cat %s", key.path).rc != 0


@pytest.mark.parametrize("options", [(), ("--check",)], ids=["again", "check mode"])
def test_second_run_changes_nothing(deploy, options):
    assert deploy(*options, **SELF_SIGNED).changed == 0


@pytest.mark.parametrize("days", [29, -1])
def test_certificate_is_replaced_before_it_expires(deploy, late, authority, put, days):
    soon = authority.issue_cert(
        "late.example",
        "*.late.example",
        "203.0.113.5",
        not_before=datetime.now(UTC) - timedelta(days=60),
        not_after=datetime.now(UTC) + timedelta(days=days, hours=-1),
    )
    put(f"{PATH}.pem", soon.cert_chain_pems[0].bytes().decode(), "0644")
    put(f"{PATH}.key", soon.private_key_pem.bytes().decode())
    deploy(**SELF_SIGNED)
    assert late.certificate().not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)


def test_certificate_is_replaced_if_the_key_was_readable(deploy, late, host):
    before = late.certificate().serial_number
    host.check_output("chmod 0644 %s.key", PATH)
    deploy(**SELF_SIGNED)
    assert late.certificate().serial_number != before
    assert host.file(f"{PATH}.key").mode == 0o600


def test_change_to_acme_fails_no_request(deploy, late, root, host):
    with load(late) as outcomes:
        deploy()
    assert set(outcomes) == {200}
    assert late.get(root) == 200
    assert host.check_output("find /etc/nginx/tls -name 'late*'") == ""


def test_change_back_to_self_signed(deploy, late, host):
    with load(late) as outcomes:
        deploy(**SELF_SIGNED)
    assert set(outcomes) == {200}
    assert late.get(host.file(f"{PATH}.pem").content_string) == 200
    assert not host.file("/etc/letsencrypt/renewal/site-late.conf").exists
