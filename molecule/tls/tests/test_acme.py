"""An authority issues the site's certificate, and certbot renews it."""

from __future__ import annotations

import re

import pytest
from controller import PROJECT
from patience import eventually
from secure_visitor import crowd
from visitor import ask

LOG = "/var/log/letsencrypt/letsencrypt.log"
COUNTING = {
    "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "tests/callback_plugins"),
    "ANSIBLE_CALLBACKS_ENABLED": "remote_calls",
}


@pytest.fixture(scope="module")
def theirs(host, acme):
    """Somebody else's certificate, which certbot keeps beside the site's."""
    host.check_output(
        "REQUESTS_CA_BUNDLE=%s certbot certonly --non-interactive --agree-tos --server %s "
        "--register-unsafely-without-email --webroot --webroot-path /srv/nginx/shop/acme "
        "--domain shop.example --cert-name theirs",
        acme["directory_ca"],
        acme["directory"],
    )
    return lambda: host.check_output("cd /etc/letsencrypt && cat renewal/theirs.conf live/theirs/*")


class TestIssued:
    def test_visitor_trusts_it(self, shop, root):
        assert shop.get(root) == 200
        assert shop.names() == {"shop.example"}

    def test_both_versions_of_http_are_spoken(self, shop):
        for protocol in ("http/1.1", "h2"):
            with shop.connect(protocol=protocol) as secured:
                assert secured.selected_alpn_protocol() == protocol

    def test_plain_text_leads_there(self):
        answer = ask("/x?a=b", "POST", host="shop.example")
        assert (answer.status, answer.location) == (308, "https://shop.example/x?a=b")

    @pytest.mark.parametrize("options", [(), ("--check",)], ids=["again", "check mode"])
    def test_second_run_changes_nothing_and_asks_no_authority(self, deploy_shop, host, options):
        before = host.check_output("stat --format %%y %s", LOG)
        run = deploy_shop(*options, environ=COUNTING)
        assert (run.changed, host.check_output("stat --format %%y %s", LOG)) == (0, before)
        assert int(re.search(r"remote calls: (\d+)", run.output)[1]) <= 7

    def test_nobody_else_can_read_the_key(self, host):
        key = "/etc/letsencrypt/live/site-shop/privkey.pem"
        assert host.run("runuser -u www-data -- cat %s", key).rc != 0
        assert host.run("runuser -u nobody -- cat %s", key).rc != 0


class TestRenewal:
    def test_timer_is_on(self, host):
        assert host.service("certbot.timer").is_enabled

    def test_visitors_notice_nothing_but_the_new_certificate(self, host, shop, root):
        """By what the timer starts: certbot renews all that is valid for less than a month."""
        before = shop.certificate().serial_number
        with crowd(shop) as outcomes:
            host.check_output("systemctl start certbot.service")
            assert eventually(lambda: shop.certificate().serial_number != before)
        assert set(outcomes) == {200}
        assert shop.get(root) == 200

    def test_nothing_is_left_to_do(self, deploy_shop):
        assert deploy_shop().changed == 0


class TestOtherNames:
    def test_certificate_has_them(self, deploy_shop, shop, root, theirs):
        kept = theirs()
        with crowd(shop) as outcomes:
            deploy_shop(nginx_site_server_names=["shop.example", "www.shop.example"])
        assert set(outcomes) == {200}
        assert shop.names() == {"shop.example", "www.shop.example"}
        assert theirs() == kept

    def test_check_tells_that_one_would_be_issued(self, deploy_shop, shop):
        before = shop.certificate().serial_number
        said = deploy_shop("--check")
        assert "would be asked for shop.example" in said.output
        assert shop.certificate().serial_number == before

    def test_certificate_has_no_others(self, deploy_shop, shop):
        deploy_shop()
        assert shop.names() == {"shop.example"}


@pytest.mark.usefixtures("absent")
def test_another_authority_issues_another(deploy, late, acme):
    """As when a site that was tried with a staging server is meant."""
    staging = acme["directory"].replace("/local/", "/staging/")
    deploy(nginx_site_tls={**acme, "directory": staging})
    assert late.issuer() == "Staging - ECC Intermediate"
    deploy()
    assert late.issuer() == "Caddy Local Authority - ECC Intermediate"


class TestRefusal:
    def test_what_serves_goes_on(self, attempt_shop, deploy_shop, shop):
        before = shop.certificate().serial_number
        names = ["shop.example", "nowhere.example"]
        with crowd(shop) as outcomes:
            run = attempt_shop(nginx_site_server_names=names)
        assert not run.succeeded
        for words in (
            "No certificate was issued for shop.example, nowhere.example. The site shop goes on "
            "with the one that it has",
            "nowhere.example",
            "Check that each of these names leads to this host",
        ):
            assert words in run.output
        assert (set(outcomes), shop.certificate().serial_number) == ({200}, before)
        deploy_shop()
        assert deploy_shop().changed == 0

    @pytest.mark.usefixtures("absent")
    def test_new_site_answers_in_plain_text_until_there_is_one(
        self, attempt, deploy, late, root, acme
    ):
        unknown = {option: acme[option] for option in ("mode", "directory")}
        run = attempt(nginx_site_tls=unknown)
        assert not run.succeeded
        assert "The site late answers by plain HTTP until a certificate is issued" in run.output
        assert "certificate verify failed" in run.output
        assert ask("/", host="late.example").text == "the page\n"
        deploy()
        assert (late.get(root), ask("/", host="late.example").status) == (200, 308)


def test_site_that_goes_takes_its_certificate_along(deploy, host, theirs):
    kept = theirs()
    deploy()
    deploy(nginx_site_state="absent")
    assert host.check_output("ls /etc/letsencrypt/renewal").split() == [
        "site-shop.conf",
        "theirs.conf",
    ]
    assert host.check_output("find /etc/nginx /etc/systemd/system -name '*late*'") == ""
    assert theirs() == kept
