"""Which certificates can be served, and the one that a role makes by itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from ansible_collections.subsite.deploy.plugins.filter.certificate_faults import (
    certificate_faults,
)
from ansible_collections.subsite.deploy.plugins.modules import certificate_info
from ansible_collections.subsite.deploy.plugins.plugin_utils import certificate
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

NOW = datetime.now(UTC)
NAMES = ["example.org", "*.example.org", "203.0.113.5", "2001:db8::5"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def issued(authority) -> trustme.LeafCert:
    return authority.issue_cert(*NAMES)


def pem(issued: trustme.LeafCert) -> str:
    return issued.cert_chain_pems[0].bytes().decode()


def key(issued: trustme.LeafCert) -> str:
    return issued.private_key_pem.bytes().decode()


class TestNames:
    @pytest.mark.parametrize(
        "name",
        ["example.org", "Example.ORG", "www.example.org", "*.example.org", "203.0.113.5"]
        + ["[2001:db8::5]", "[2001:DB8:0::5]"],
    )
    def test_covered(self, issued, name: str):
        assert list(certificate.faults(pem(issued), [name])) == []

    @pytest.mark.parametrize(
        "name",
        ["example.com", "a.b.example.org", "*.www.example.org", "203.0.113.6", "[::1]", "org"],
    )
    def test_not_covered(self, issued, name: str):
        (said,) = certificate.faults(pem(issued), [name])
        assert said.endswith(f"but not for {name.strip('[]')!r}: get one that has this name, too")

    @pytest.mark.parametrize(("names", "wrong"), [(NAMES, 0), (NAMES[:-1], 1), (NAMES[1:], 1)])
    def test_exactly(self, issued, names: list[str], wrong: int):
        assert len(list(certificate.faults(pem(issued), names, exactly=True))) == wrong


class TestTime:
    @pytest.mark.parametrize(
        ("begins", "ends", "days", "fault"),
        [
            pytest.param(-2, 1, 0, None, id="valid"),
            pytest.param(-2, -1, 0, "expired on", id="expired"),
            pytest.param(1, 2, 0, "is not valid before", id="not yet"),
            pytest.param(-2, 29, 30, "expires on", id="soon"),
            pytest.param(-2, 31, 30, None, id="not soon"),
        ],
    )
    def test_validity(self, authority, begins: int, ends: int, days: int, fault: str | None):
        begins, ends = (NOW + timedelta(days=offset) for offset in (begins, ends))
        other = authority.issue_cert("example.org", not_before=begins, not_after=ends)
        said = list(certificate.faults(pem(other), ["example.org"], days))
        assert [fault in words for words in said] == [True] * bool(fault)


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"])
def test_no_certificate(text: str):
    (said,) = certificate.faults(text, ["example.org"])
    assert said.startswith("is not a certificate in PEM")


def encrypted(issued: trustme.LeafCert) -> str:
    """Return the key, encrypted with a password."""
    how = BestAvailableEncryption(b"secret")
    secret = load_pem_private_key(issued.private_key_pem.bytes(), None)
    return secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how).decode()


class TestKey:
    def test_its_key(self, issued):
        assert list(certificate.key_faults(pem(issued), key(issued))) == []

    def test_another(self, authority, issued):
        (said,) = certificate.key_faults(pem(issued), key(authority.issue_cert("example.org")))
        assert said.startswith("is not the key of the certificate")

    def test_encrypted(self, issued):
        (said,) = certificate.key_faults(pem(issued), encrypted(issued))
        assert said.startswith("is encrypted")

    def test_none(self, issued):
        (said,) = certificate.key_faults(pem(issued), "-----BEGIN nothing")
        assert said.startswith("is not a key in PEM")


@pytest.fixture
def look(tmp_path: Path, run_module, issued):
    def look(of_key: str = key(issued), mode: int = 0o600, **more: str) -> dict:
        """Return what the module tells of a pair of files."""
        (tmp_path / "pem").write_text(pem(issued))
        (tmp_path / "key").write_text(of_key)
        os.chmod(tmp_path / "key", mode)
        paths = {"certificate": str(tmp_path / "pem"), "key": str(tmp_path / "key")}
        return run_module(certificate_info, **paths | more)

    return look


class TestInfo:
    def test_pair_that_can_be_served(self, look, issued):
        info = look()
        assert (info["pem"], info["certificate_fault"], info["key_fault"]) == (pem(issued), "", "")
        assert certificate_faults(info, NAMES, exactly=True) == []

    def test_key_of_another(self, look, authority):
        info = look(key(authority.issue_cert("example.org")))
        assert info["key_fault"].startswith("is not the key of the certificate")

    def test_key_of_another_kind(self, look, authority):
        other = authority.issue_cert("example.org", key_type=trustme.KeyType.RSA)
        assert look(key(other))["key_fault"].startswith("is not the key of the certificate")

    def test_key_that_is_encrypted(self, look, issued):
        assert look(encrypted(issued))["key_fault"].startswith("cannot be used")

    def test_key_that_everybody_can_read(self, look, monkeypatch):
        monkeypatch.setattr(certificate_info.stat, "S_IXOTH", 0o777)  # above pytest's directory
        assert look(mode=0o604)["key_fault"].startswith("every user of the host can read")

    def test_key_behind_a_closed_door(self, look, tmp_path):
        (tmp_path / "closed").mkdir(mode=0o700)
        (tmp_path / "closed/key").write_text("")
        assert not certificate_info.is_readable_by_others(str(tmp_path / "closed/key"))

    @pytest.mark.parametrize("option", ["certificate", "key"])
    def test_missing_file(self, look, option: str):
        info = look(**{option: "/none"})
        assert info[f"{option}_fault"] == "does not exist on the host: copy it there first"
        assert certificate_faults(info, NAMES)[0].startswith(
            f"nginx_site_tls.{option} is '/none', which does not exist"
        )

    def test_what_is_served(self, look, tmp_path):
        site, there = tmp_path / "site.conf", tmp_path / "pem"
        site.write_text(f"    ssl_certificate {there};\n    ssl_certificate_key {there};\n")
        assert look(site=str(site))["serves"] == {"certificate": str(there), "key": str(there)}
        site.write_text(f"    ssl_certificate {there};\n    ssl_certificate_key /none;\n")
        assert look(site=str(site))["serves"] == {}

    def test_who_has_issued_it(self, look, tmp_path):
        (tmp_path / "renewal").write_text("[renewalparams]\nserver = https://acme.example/d\n")
        assert look(renewal=str(tmp_path / "renewal"))["directory"] == "https://acme.example/d"
        assert look(renewal="/none")["directory"] == ""
