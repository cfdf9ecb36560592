"""The TLS settings are Mozilla's intermediate profile, as sslyze checks it."""

from __future__ import annotations

import pytest
from client import PORTS
from sslyze import (
    CertificateInfoExtraArgument,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
)
from sslyze.mozilla_tls_profile.tls_config_checker import (
    SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
    MozillaTlsConfiguration,
    TlsConfigurationEnum,
    check_server_against_tls_configuration,
)

# sslyze trusts this authority for old systems.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")


@pytest.fixture(scope="module")
def scan(root, tmp_path_factory):
    """The results of sslyze, which trusts the issuer of the certificate."""
    trusted = tmp_path_factory.mktemp("trusted") / "root.pem"
    trusted.write_text(root)
    scanner = Scanner()
    scanner.queue_scans(
        [
            ServerScanRequest(
                ServerNetworkLocation("shop.example", PORTS[443], "127.0.0.1"),
                ServerNetworkConfiguration("shop.example"),
                SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
                ScanCommandsExtraArguments(CertificateInfoExtraArgument(trusted)),
            )
        ]
    )
    (result,) = scanner.get_results()
    return result


def test_profile_has_nothing_weaker(scan):
    profile = MozillaTlsConfiguration.get(TlsConfigurationEnum.MOZILLA_INTERMEDIATE)
    check_server_against_tls_configuration(scan, profile)


def test_profile_ciphers_are_complete(scan):
    """For a key on an elliptic curve."""
    accepted = scan.scan_result.tls_1_2_cipher_suites.result.accepted_cipher_suites
    assert {suite.cipher_suite.openssl_name for suite in accepted} == {
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    }
