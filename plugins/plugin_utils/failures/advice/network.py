"""Hosts and ports that the app or a build cannot reach."""

from __future__ import annotations

import re

from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.advice.row import row
from ansible_collections.subsite.deploy.plugins.plugin_utils.failures.app import (
    BUILD_COMMANDS,
    RUNS,
    App,
)

LOOPBACK = re.compile(r"\b127\.\d+\.\d+\.\d+\b|\blocalhost\b|::1")
REACHES = {"none": "reaches no network", "local": "reaches only the host's loopback addresses"}


def blocked(match: re.Match[str], app: App) -> str:
    """Name the network that the app needs."""
    network = app.setting("network", "none")
    needed = "local" if LOOPBACK.search(match.string) else "full"
    if network in ("full", needed):
        return (
            "The host itself cannot reach this address: check the address, and the routes and "
            "firewalls on the way."
        )
    return (
        f"Set wsgi_app_network: {needed}. With {network!r}, as it is, the app {REACHES[network]}."
    )


def unresolved(match: re.Match[str], app: App) -> str:
    """Name the network that the app needs to resolve names."""
    if app.setting("network", "none") == "full":
        return "The host cannot resolve this name: check the name, and the DNS of the host."
    return blocked(match, app)


def refused(match: re.Match[str], app: App) -> str:
    """Say that no server listens, if the app reaches the address."""
    network = app.setting("network", "none")
    if network == "none" or (network == "local" and not LOOPBACK.search(match.string)):
        return blocked(match, app)
    where = "on the host" if LOOPBACK.search(match.string) else "there"
    return f"No server listens at this address: start it {where}, or correct the address."


def denied(match: re.Match[str], app: App) -> str | None:
    """Explain what systemd answers to connections out of the allowed networks."""
    return blocked(match, app) if app.setting("network", "none") != "full" else None


RESOLUTION = (
    r"Temporary failure in name resolution|Name or service not known|could not translate host name"
    r"|[Ff]ailed to resolve|NameResolutionError|getaddrinfo failed|EAI_AGAIN|Could not resolve host"
    r"|nodename nor servname|No address associated with hostname"
)
UNREACHABLE = (
    r"Network is unreachable|No route to host|Address family not supported|ENETUNREACH"
    r"|EHOSTUNREACH|EAFNOSUPPORT|could not create socket"
)
REFUSED = r"Connection refused|ECONNREFUSED|Can't connect to .*server on"
DENIED = r"(?i:connect)[\s\S]{0,300}Operation not permitted"
LATE = r"connect[\s\S]{0,300}(timed out|TimeoutError)|(timed out|TimeoutError)[\s\S]{0,2000}connect"
COMMANDS_USE = (
    "Build commands use the host's network: check the address. For a proxy, set HTTPS_PROXY in "
    "wsgi_app_build_environment."
)
ROWS = (
    row(RESOLUTION, unresolved, *RUNS),
    row(UNREACHABLE, blocked, *RUNS),
    row(REFUSED, refused, *RUNS),
    row(DENIED, denied, *RUNS),
    row(LATE, blocked, *RUNS),
    row(f"{RESOLUTION}|{UNREACHABLE}|{REFUSED}", COMMANDS_USE, BUILD_COMMANDS),
    row(
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|self-signed certificate",
        "The app does not trust this server. Add the server's authority to "
        "/usr/local/share/ca-certificates on the host and run update-ca-certificates; requests "
        "and httpx also need wsgi_app_environment: "
        "{{SSL_CERT_FILE: /etc/ssl/certs/ca-certificates.crt, "
        "REQUESTS_CA_BUNDLE: /etc/ssl/certs/ca-certificates.crt}}.",
        *RUNS,
    ),
)
