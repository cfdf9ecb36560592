"""Whoever asks whether the site is right is told so, from the browser to the app."""

import re

import pytest
from controller import PROJECT, Run, play
from visitor import LOCALHOST

VERIFY = PROJECT / "playbooks/verify.yml"
PUBLIC = f"http://{LOCALHOST}"


def verify(*options: str, **variables: object) -> Run:
    return play(VERIFY, *options, **variables)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return tmp_path_factory.mktemp("report") / "site.html"


@pytest.fixture(scope="module")
def verified(report) -> Run:
    return verify(verify_report=str(report))


def test_site_is_right(verified):
    assert verified.succeeded, verified.output
    assert (
        verified.output.count("✓ right") == 4
    )  # two apps, at their own addresses and for visitors


def test_each_hop_is_shown(verified):
    for hop in ("browser  requests", "nginx    forwards", "app      sees", "app      builds"):
        assert hop in verified.output


def test_forged_headers_are_ignored(verified):
    assert "forged   ignored ✓: X-Forwarded-Proto, X-Forwarded-Host" in verified.output


def test_key_is_not_shown(verified, host):
    keys = host.check_output("cat /srv/wsgi/*/releases/*/diagnosis.key")
    assert re.fullmatch("[0-9a-f]{64}", keys[:64])
    assert keys[:64] not in verified.output


def test_report_is_one_page_that_loads_nothing(verified, report):
    page = report.read_text()
    assert f"{PUBLIC}/api/" in page
    assert re.findall("<(?:script|link|img)|url[(]|@import", page) == []


def test_nothing_changes(verified, host):
    assert verify("--check").changed == 0


@pytest.mark.parametrize(("wanted", "times"), [({}, 4), ({"verify": False}, 0)])
def test_deploy_ends_with_it_unless_that_is_not_wanted(wanted: dict, times: int):
    run = play(PROJECT / "playbooks/site.yml", **wanted)
    assert (run.succeeded, run.output.count("✓ right")) == (True, times), run.output


def test_deploy_whose_urls_are_wrong_fails():
    run = play(PROJECT / "playbooks/site.yml", nginx_site_verify_url=f"{PUBLIC}/outer")
    assert not run.succeeded
    assert "fix: wsgi_app_prefix: /outer/api" in run.output


def test_visitors_of_localhost_are_there_unless_somebody_says_otherwise():
    run = verify(nginx_site_verify_url="")
    assert run.succeeded, run.output
    assert "http://localhost/api/  ✓ right" in run.output


def test_one_url_needs_no_inventory():
    run = play(VERIFY, url=f"{PUBLIC}/api/")
    assert run.succeeded, run.output
    assert f"{PUBLIC}/api/  ✓ right" in run.output


def test_key_is_for_the_app_and_root_alone(host):
    key = host.file(host.check_output("ls /srv/wsgi/demo/releases/*/diagnosis.key").split()[0])
    assert (key.user, key.group, key.mode) == ("root", "wsgi-demo", 0o640)


def test_wrong_url_is_shown_with_its_fix():
    run = play(VERIFY, nginx_site_verify_url=f"{PUBLIC}/outer")
    assert not run.succeeded
    assert "the app is mounted at one prefix and runs with another" in run.output
    assert "fix: wsgi_app_prefix: /outer/api" in run.output
