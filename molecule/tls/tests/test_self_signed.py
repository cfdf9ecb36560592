"""A certificate that the role makes, for the site's names, and anew before it expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from secure_visitor import crowd

OWN = {"nginx_site_tls": {"mode": "self_signed", "names": ["*.late.example"]}}
PATH = "/etc/nginx/tls/late"


@pytest.fixture(scope="module", autouse=True)
def site(deploy):
    """The site with a certificate of its own."""
    deploy(**OWN)
    yield
    deploy(nginx_site_state="absent")


def test_visitor_who_knows_it_trusts_it(late, host):
    assert late.get(host.file(f"{PATH}.pem").content_string) == 200


def test_it_is_for_each_name(late):
    assert late.names() == {"late.example", "*.late.example", "203.0.113.5"}


def test_nobody_else_can_read_the_key(host):
    key = host.file(f"{PATH}.key")
    assert (key.user, key.mode) == ("root", 0o600)
    assert host.run("runuser -u www-data -- cat %s", key.path).rc != 0


@pytest.mark.parametrize("options", [(), ("--check",)], ids=["again", "check mode"])
def test_second_run_changes_nothing(deploy, options):
    assert deploy(*options, **OWN).changed == 0


@pytest.mark.parametrize("days", [29, -1])
def test_run_makes_another_before_it_expires(deploy, late, authority, put, days):
    soon = authority.issue_cert(
        "late.example",
        "*.late.example",
        "203.0.113.5",
        not_before=datetime.now(UTC) - timedelta(days=60),
        not_after=datetime.now(UTC) + timedelta(days=days, hours=-1),
    )
    put(f"{PATH}.pem", soon.cert_chain_pems[0].bytes().decode(), "0644")
    put(f"{PATH}.key", soon.private_key_pem.bytes().decode())
    deploy(**OWN)
    assert late.certificate().not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)


def test_run_makes_another_when_others_could_read_the_key(deploy, late, host):
    before = late.certificate().serial_number
    host.check_output("chmod 0644 %s.key", PATH)
    deploy(**OWN)
    assert late.certificate().serial_number != before
    assert host.file(f"{PATH}.key").mode == 0o600


def test_authority_takes_over_without_anybody_noticing(deploy, late, root, host):
    with crowd(late) as outcomes:
        deploy()
    assert set(outcomes) == {200}
    assert late.get(root) == 200
    assert host.check_output("find /etc/nginx/tls -name 'late*'") == ""


def test_own_one_takes_over_again(deploy, late, host):
    with crowd(late) as outcomes:
        deploy(**OWN)
    assert set(outcomes) == {200}
    assert late.get(host.file(f"{PATH}.pem").content_string) == 200
    assert not host.file("/etc/letsencrypt/renewal/site-late.conf").exists
