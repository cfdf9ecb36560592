"""Find what is wrong with a certificate from an ACME server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils import host_names
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site.tls import (
    ADDRESS,
    FILE,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what an ACME server cannot do, if the certificate is from one."""
    tls = inputs.values["tls"]
    if tls["mode"] == "acme":
        yield from _names(tls["names"], inputs.values["server_names"])
        yield from _account(tls)
        yield from _challenges(inputs)


def _names(more: list[str], server_names: list[str]) -> Iterator[str]:
    more = [name.lower() for name in more]
    wildcards = [name[1:].lower() for name in server_names if name.startswith("*.")]
    yield from common.repeated("nginx_site_tls.names", more)
    for name in more:
        if not common.HOST.fullmatch(name) or ADDRESS.fullmatch(name):
            advice = host_names.fault(name) or (
                "an ACME server issues certificates for hosts only, as in 'www.example.org'"
            )
            yield f"nginx_site_tls.names has {name!r}: {advice}."
        elif not name.endswith(tuple(wildcards)):
            yield (
                f"nginx_site_tls.names has {name!r}, but no wildcard in nginx_site_server_names "
                "matches it: write it in nginx_site_server_names instead."
            )
    for wildcard in wildcards:
        if not any(name.endswith(wildcard) for name in more):
            yield (
                f"nginx_site_server_names has '*{wildcard}', but HTTP-01 cannot issue certificates "
                "for wildcards: write the hosts that clients use in nginx_site_tls.names, as in "
                f"['www{wildcard}']."
            )
    exact = [name for name in server_names if not name.startswith("*.")]
    if not more and all(ADDRESS.fullmatch(name) for name in exact):
        yield (
            f"nginx_site_server_names is {server_names!r}, but nginx_site_tls.mode is 'acme', and "
            "an ACME server issues no certificates for addresses: write a host, as in "
            "'example.org'."
        )


def _account(tls: dict) -> Iterator[str]:
    email, directory, directory_ca = tls["email"], tls["directory"], tls["directory_ca"]
    if email is not None and not re.fullmatch(r"[^@\s,]+@[^@\s,]+", email):
        yield f"nginx_site_tls.email is {email!r}: write one address, as in 'me@example.org'."
    if not re.fullmatch(r"https://[^\s\"'{}]+", directory):
        yield (
            f"nginx_site_tls.directory is {directory!r}: write the directory URL of the ACME "
            "server, as in 'https://acme-staging-v02.api.letsencrypt.org/directory'."
        )
    if directory_ca is not None and not FILE.fullmatch(directory_ca):
        yield (
            f"nginx_site_tls.directory_ca is {directory_ca!r}: write the absolute path of a file "
            "on the host, without spaces, as in '/etc/ssl/our-ca.pem'."
        )


def _challenges(inputs: Inputs) -> Iterator[str]:
    if not inputs.values["listen"]:
        yield (
            "nginx_site_listen is empty, but nginx_site_tls.mode is 'acme', and an ACME server "
            "connects without TLS: write the port that clients reach as 80, as in [80]."
        )
    upstreams = inputs.values["tls"]["challenge_upstreams"]
    yield from common.repeated("nginx_site_tls.challenge_upstreams", upstreams)
    for upstream in upstreams:
        is_host = common.HOST.fullmatch(upstream) and not common.is_port(upstream)
        if not is_host and not common.is_address(upstream):
            yield (
                f"nginx_site_tls.challenge_upstreams has {upstream!r}: write a host or an address, "
                "with its port unless that is 80, as in '10.0.0.21' or '10.0.0.21:8080'."
            )
    if upstreams and inputs.values["proxy_protocol"]:
        yield (
            f"nginx_site_tls.challenge_upstreams is {upstreams!r}, but nginx_site_proxy_protocol "
            "is true, and hosts that fetch challenges do not speak it: remove one of the two."
        )
