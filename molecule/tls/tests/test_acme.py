"""An authority issues the site's certificate, and certbot renews it."""

from __future__ import annotations

import re

import pytest
from client import ask
from controller import PROJECT
from patience import eventually
from tls_client import load

LOG = "/var/log/letsencrypt/letsencrypt.log"
COUNTING = {
    "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "tests/callback_plugins"),
    "ANSIBLE_CALLBACKS_ENABLED": "remote_calls",
}


@pytest.fixture(scope="module")
def theirs(host, acme):
    """A certificate of another site that certbot manages."""
    host.check_output(
        "REQUESTS_CA_BUNDLE=%s certbot certonly --non-interactive --agree-tos --server %s "
        "--register-unsafely-without-email --webroot --webroot-path /srv/nginx/shop/acme "
        "--domain shop.example --cert-name theirs",
        acme["directory_ca"],
        acme["directory"],
    )
    return lambda: host.check_output("cd /etc/letsencrypt && cat renewal/theirs.conf live/theirs/*")


class TestIssued:
    def test_client_trusts_the_certificate(self, shop, root):
        assert shop.get(root) == 200
        assert shop.names() == {"shop.example"}

    def test_http_1_and_2(self, shop):
        for protocol in ("http/1.1", "h2"):
            with shop.connect(protocol=protocol) as secured:
                assert secured.selected_alpn_protocol() == protocol

    def test_http_redirects_to_https(self):
        answer = ask("/x?a=b", "POST", host="shop.example")
        assert (answer.status, answer.location) == (308, "https://shop.example/x?a=b")

    @pytest.mark.parametrize("options", [(), ("--check",)], ids=["again", "check mode"])
    def test_second_run_changes_nothing(self, deploy_shop, host, options):
        before = host.check_output("stat --format %%y %s", LOG)
        run = deploy_shop(*options, environ=COUNTING)
        assert (run.changed, host.check_output("stat --format %%y %s", LOG)) == (0, before)
        assert int(re.search(r"remote calls: (\d+)", run.output)[1]) <= 7

    def test_key_is_private(self, host):
        key = "/etc/letsencrypt/live/site-shop/privkey.pem"
        assert host.run("runuser -u www-data -- cat %s", key).rc != 0
        assert host.run("runuser -u nobody -- cat %s", key).rc != 0


class TestRenewal:
    def test_renewal_timer_is_enabled(self, host):
        assert host.service("certbot.timer").is_enabled

    def test_renewal_fails_no_request(self, host, shop, root):
        """Run the service of the timer: certbot renews certificates that expire within a month."""
        before = shop.certificate().serial_number
        with load(shop) as outcomes:
            host.check_output("systemctl start certbot.service")
            assert eventually(lambda: shop.certificate().serial_number != before)
        assert set(outcomes) == {200}
        assert shop.get(root) == 200

    def test_run_after_renewal_changes_nothing(self, deploy_shop):
        assert deploy_shop().changed == 0


class TestOtherNames:
    def test_certificate_has_the_new_names(self, deploy_shop, shop, root, theirs):
        kept = theirs()
        with load(shop) as outcomes:
            deploy_shop(nginx_site_server_names=["shop.example", "www.shop.example"])
        assert set(outcomes) == {200}
        assert shop.names() == {"shop.example", "www.shop.example"}
        assert theirs() == kept

    def test_check_mode_reports_the_new_certificate(self, deploy_shop, shop):
        before = shop.certificate().serial_number
        said = deploy_shop("--check")
        assert "would be asked for shop.example" in said.output
        assert shop.certificate().serial_number == before

    def test_certificate_has_no_other_names(self, deploy_shop, shop):
        deploy_shop()
        assert shop.names() == {"shop.example"}


@pytest.mark.usefixtures("absent")
def test_new_directory_issues_a_new_certificate(deploy, late, acme):
    """As when a site that was tried with a staging server is meant."""
    staging = acme["directory"].replace("/local/", "/staging/")
    deploy(nginx_site_tls={**acme, "directory": staging})
    assert late.issuer() == "Staging - ECC Intermediate"
    deploy()
    assert late.issuer() == "Caddy Local Authority - ECC Intermediate"


class TestFailure:
    def test_current_site_still_serves(self, attempt_shop, deploy_shop, shop):
        before = shop.certificate().serial_number
        names = ["shop.example", "nowhere.example"]
        with load(shop) as outcomes:
            run = attempt_shop(nginx_site_server_names=names)
        assert not run.succeeded
        for words in (
            "No certificate was issued for shop.example, nowhere.example. The site shop keeps "
            "its present certificate",
            "nowhere.example",
            "Check that each of these names leads to this host",
        ):
            assert words in run.output
        assert (set(outcomes), shop.certificate().serial_number) == ({200}, before)
        deploy_shop()
        assert deploy_shop().changed == 0

    @pytest.mark.usefixtures("absent")
    def test_new_site_answers_over_http_until_issued(self, attempt, deploy, late, root, acme):
        unknown = {option: acme[option] for option in ("mode", "directory")}
        run = attempt(nginx_site_tls=unknown)
        assert not run.succeeded
        assert "The site late answers by plain HTTP until a certificate is issued" in run.output
        assert "certificate verify failed" in run.output
        assert ask("/", host="late.example").text == "the page\n"
        deploy()
        assert (late.get(root), ask("/", host="late.example").status) == (200, 308)


def test_removed_site_removes_its_certificate(deploy, host, theirs):
    kept = theirs()
    deploy()
    deploy(nginx_site_state="absent")
    assert host.check_output("ls /etc/letsencrypt/renewal").split() == [
        "site-shop.conf",
        "theirs.conf",
    ]
    assert host.check_output("find /etc/nginx /etc/systemd/system -name '*late*'") == ""
    assert theirs() == kept
