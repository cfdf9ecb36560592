"""Verify accepts the right sites behind each proxy, and names the fault of a wrong one."""

from __future__ import annotations

import re

import pytest
import yaml
from controller import SCENARIO, deploy

SITES = yaml.safe_load((SCENARIO / "inventory/sites.yml").read_text())
NAMES = list(SITES["deployed"]["children"]["web"]["hosts"])
VERDICT = re.compile(r"(https?://[^\s\"]+/)  ([✓✗?])")


@pytest.fixture(scope="module")
def verified(prove):
    """All sites, with each app at its own address."""
    return prove()


def test_all_sites_are_right(verified):
    assert verified.succeeded, verified.output
    verdicts = dict(VERDICT.findall(verified.output))
    assert set(verdicts.values()) == {"✓"}
    for proxy in ("traefik", "caddy", "haproxy", "envoy", "apache", "nginx"):
        assert f"https://outer.{proxy}.example/outer/api/" in verdicts
    assert len(verdicts) == 2 + 2 * len(NAMES)


def test_proxy_in_front_is_a_hop(verified):
    assert "balancer forwards  scheme https ✓  host advised.haproxy.example ✓" in verified.output


STRANGER = {"nginx_site_trusted_proxies": ["192.0.2.1"]}
NO_PREFIX = {"nginx_site_trusted_headers": ["proto", "for"]}
WRONG = {
    "trust": ("advised-haproxy", STRANGER, "proxy-not-trusted"),
    "prefix": ("outer-caddy", NO_PREFIX, "prefix-not-trusted"),
}


@pytest.fixture(params=WRONG)
def wrong(request):
    """A site with a wrong setting for its proxy, and the name of the fault."""
    site, variables, fault = WRONG[request.param]
    limit = f"--limit=server:proxies:client:{site}"
    deploy("converge.yml", limit, **variables)
    yield limit, variables, fault
    deploy("converge.yml", limit)


def test_wrong_setting_is_named(prove, wrong):
    limit, variables, fault = wrong
    run = prove(limit, **variables)
    assert not run.succeeded
    assert fault in run.output
