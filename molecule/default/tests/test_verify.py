"""The playbook verify.yml reports each hop and fails if a URL is wrong."""

import re

import pytest
from client import LOCALHOST
from controller import PROJECT, Run, play

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
    assert verified.output.count("✓ right") == 4  # two apps, at their own addresses and for clients


def test_report_has_each_hop(verified):
    for hop in ("browser  requests", "nginx    forwards", "app      sees", "app      builds"):
        assert hop in verified.output


@pytest.mark.parametrize(
    ("path", "end"), [("/api/test", "/api/success"), ("/api/dir", "/api/dir/")]
)
def test_report_has_the_pages_that_the_mount_names(verified, report, path: str, end: str):
    assert f"browser  reads     {path} 200 of {end}" in verified.output
    assert f"<dt>{path}</dt>\n<dd>200 of {end}</dd>" in report.read_text()


def test_forged_headers_are_not_trusted(verified):
    assert "forged   ignored ✓: X-Forwarded-Proto, X-Forwarded-Host" in verified.output


def test_output_has_no_key(verified, host):
    keys = host.check_output("cat /srv/wsgi/*/releases/*/diagnosis.key")
    assert re.fullmatch("[0-9a-f]{64}", keys[:64])
    assert keys[:64] not in verified.output


def test_page_loads_nothing(verified, report):
    page = report.read_text()
    assert f"{PUBLIC}/api/" in page
    assert re.findall("<(?:script|link|img)|url[(]|@import", page) == []


def test_verify_changes_nothing(verified, host):
    assert verify("--check").changed == 0


@pytest.mark.parametrize(("wanted", "times"), [({}, 4), ({"verify": False}, 0)])
def test_deploy_ends_with_verify_unless_disabled(wanted: dict, times: int):
    run = play(PROJECT / "playbooks/site.yml", **wanted)
    assert (run.succeeded, run.output.count("✓ right")) == (True, times), run.output


def test_deploy_with_wrong_urls_fails():
    run = play(PROJECT / "playbooks/site.yml", nginx_site_verify_url=f"{PUBLIC}/outer")
    assert not run.succeeded
    assert "fix: wsgi_app_prefix: /outer/api" in run.output


def test_localhost_is_verified_on_the_host():
    run = verify(nginx_site_verify_url="")
    assert run.succeeded, run.output
    assert "http://localhost/api/  ✓ right" in run.output


def test_unreachable_url_is_not_called_wrong():
    run = play(VERIFY, url=f"{PUBLIC}/api/", address="127.0.0.1:1")
    assert not run.succeeded
    assert "No answer from" in run.output and "wrong URLs" not in run.output


def test_url_needs_no_inventory():
    run = play(VERIFY, url=f"{PUBLIC}/api/")
    assert run.succeeded, run.output
    assert f"{PUBLIC}/api/  ✓ right" in run.output


def test_key_is_private(host):
    key = host.file(host.check_output("ls /srv/wsgi/demo/releases/*/diagnosis.key").split()[0])
    assert (key.user, key.group, key.mode) == ("root", "wsgi-demo", 0o640)


def test_wrong_url_is_named_with_its_fix():
    run = play(VERIFY, nginx_site_verify_url=f"{PUBLIC}/outer")
    assert not run.succeeded
    assert "the app is mounted at one prefix and runs with another" in run.output
    assert "fix: wsgi_app_prefix: /outer/api" in run.output
