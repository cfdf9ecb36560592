"""Certificates as files of the host or as text are checked first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import trustme

pytestmark = pytest.mark.usefixtures("site")
PATHS = {
    "mode": "files",
    "certificate": "/etc/ssl/late/late.pem",
    "key": "/etc/ssl/late/late.key",
}
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def texts(issued: trustme.LeafCert) -> dict[str, str]:
    """Return a certificate, its issuer, and its key."""
    chain = "".join(link.bytes().decode() for link in issued.cert_chain_pems)
    return {"certificate": chain, "key": issued.private_key_pem.bytes().decode()}


@pytest.fixture(scope="module")
def good(authority) -> dict[str, str]:
    return texts(authority.issue_cert("late.example"))


@pytest.fixture(scope="module")
def first(deploy, good):
    """The most verbose output of the first deploy of a certificate as text."""
    yield deploy("--diff", "-vvv", nginx_site_tls={"mode": "files", **good}).output
    deploy(nginx_site_state="absent")


@pytest.fixture(scope="module")
def site(first):
    """The site with that certificate."""


class TestText:
    def test_client_trusts_the_certificate(self, late, authority):
        assert late.get(authority.cert_pem.bytes().decode()) == 200

    @pytest.mark.parametrize("options", [(), ("--check",)], ids=["again", "check mode"])
    def test_second_run_changes_nothing(self, deploy, good, options):
        assert deploy(*options, nginx_site_tls={"mode": "files", **good}).changed == 0

    def test_key_is_private(self, host):
        key = host.file("/etc/nginx/tls/late.key")
        assert (key.user, key.group, key.mode) == ("root", "root", 0o600)
        assert host.run("runuser -u www-data -- cat /etc/nginx/tls/late.key").rc != 0

    def test_output_has_no_key(self, first, good):
        assert [line for line in good["key"].splitlines()[1:-1] if line in first] == []

    def test_journal_has_no_key(self, host, good):
        search = "journalctl --output=export | grep --text --count --fixed-strings %s"
        assert host.run(search, good["key"].splitlines()[1]).stdout == "0\n"

    def test_new_certificate_replaces_the_old_one(self, deploy, late, authority):
        before = late.certificate().serial_number
        other = texts(authority.issue_cert("late.example"))
        deploy(nginx_site_tls={"mode": "files", **other})
        assert late.certificate().serial_number != before
        assert late.get(authority.cert_pem.bytes().decode()) == 200


class TestRefused:
    @pytest.fixture(params=["text", "files"])
    def refused(self, request, attempt, late, host, put):
        """Deploy a certificate that has to be rejected, and return the message."""

        def refused(pair: dict[str, str], mode: str = "0600") -> str:
            files = {"mode": "files", **pair}
            if request.param == "files":
                files = PATHS
                put(PATHS["certificate"], pair["certificate"], "0644")
                put(PATHS["key"], pair["key"], mode)
            before = late.certificate().serial_number
            run = attempt(nginx_site_tls=files)
            assert (run.succeeded, run.changed) == (False, 0)
            assert late.certificate().serial_number == before
            assert pair["key"].splitlines()[1] not in run.output
            return run.output.replace("\\n", " ")

        return refused

    def test_expired_certificate(self, refused, authority):
        old = authority.issue_cert(
            "late.example", not_before=YESTERDAY - timedelta(1), not_after=YESTERDAY
        )
        assert f"expired on {YESTERDAY:%Y-%m-%d}: renew it." in refused(texts(old))

    def test_key_of_another_certificate(self, refused, authority, good):
        other = texts(authority.issue_cert("late.example"))
        said = refused({"certificate": good["certificate"], "key": other["key"]})
        assert "is not the key of the certificate: use the key that belongs to it." in said

    def test_certificate_for_other_names(self, refused, authority):
        said = refused(texts(authority.issue_cert("late.example.org", "*.late.example")))
        assert (
            "is for *.late.example, late.example.org, but not for 'late.example': get one that "
            "has this name, too."
        ) in said


class TestFiles:
    def test_missing_file(self, attempt, late):
        run = attempt(nginx_site_tls={**PATHS, "key": "/etc/ssl/none.key"})
        assert (
            "nginx_site_tls.key is '/etc/ssl/none.key', which does not exist on the host: copy "
            "it there first."
        ) in run.output
        assert (run.succeeded, run.changed, late.get()) == (False, 0, 200)

    def test_world_readable_key(self, attempt, put, good):
        put(PATHS["certificate"], good["certificate"], "0644")
        put(PATHS["key"], good["key"], "0644")
        run = attempt(nginx_site_tls=PATHS)
        assert f"which every user of the host can read: chmod o-r {PATHS['key']}." in run.output
        assert run.changed == 0

    def test_files_are_used_in_place(self, deploy, put, good, late, authority, host):
        put(PATHS["certificate"], good["certificate"], "0644")
        put(PATHS["key"], good["key"], "0640")
        deploy(nginx_site_tls=PATHS)
        assert late.get(authority.cert_pem.bytes().decode()) == 200
        assert host.check_output("find /etc/nginx/tls -name 'late*'") == ""
        assert deploy(nginx_site_tls=PATHS).changed == 0
