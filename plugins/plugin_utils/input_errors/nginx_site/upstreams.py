"""Find what is wrong with the upstreams of a mount."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.subsite.deploy.plugins.filter.upstream_servers import (
    HTTPS,
    names_of,
    upstream_servers,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site.limits import (
    seconds,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site.tls import (
    ADDRESS,
    FILE,
)

TYPES = {"address": str, "weight": int, "backup": bool, "down": bool}
"""Options of an upstream, with their types."""

MAXIMUM_WEIGHT = 1000


def errors(where: str, mount: dict) -> Iterator[str]:
    """Yield what is wrong with the upstreams of ``mount``, which is written at ``where``."""
    written = mount["upstreams"]
    if not written:
        yield f"{where}.upstreams is empty: write an address, as in ['10.0.0.11:8000']."
    wrong = list(_wrong(written, f"{where}.upstreams"))
    yield from wrong
    yield from seconds(f"{where}.connect_timeout", mount["connect_timeout"])
    if written and not wrong:
        servers = upstream_servers(written)
        yield from common.repeated(f"{where}.upstreams", [server["address"] for server in servers])
        yield from _together(where, mount, servers)
        yield from _tls(where, mount["upstream_tls"], servers)


def drained_errors(drained: list[str], mounts: list[dict]) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_drained``, if the ``mounts`` themselves are right."""
    lists = {
        number: mount["upstreams"]
        for number, mount in enumerate(mounts)
        if mount["upstreams"] and not any(_wrong(mount["upstreams"]))
    }
    names = {
        name
        for upstreams in lists.values()
        for upstream in upstreams
        for name in names_of(upstream)
    }
    for address in drained:
        if address not in names:
            yield (
                f"nginx_site_drained has {address!r}, but no mount has this upstream: write an "
                "address as in nginx_site_mounts[].upstreams, or its host."
            )
    for number, upstreams in lists.items():
        servers = upstream_servers(upstreams, drained)
        before = upstream_servers(upstreams)
        if _is_served(before) and not _is_served(servers):
            yield (
                f"nginx_site_drained has {drained}, but these are all that nginx_site_mounts"
                f"[{number}].upstreams uses first: leave one, or set nginx_site_maintenance."
            )


def _is_served(servers: list[dict]) -> bool:
    return not all(server["backup"] or server["down"] for server in servers)


def addresses(upstreams: list) -> list[str]:
    """Return the addresses as they are written."""
    return [
        upstream["address"] if isinstance(upstream, dict) else upstream for upstream in upstreams
    ]


def _wrong(upstreams: list, where: str = "") -> Iterator[str]:
    for upstream in upstreams:
        yield from _upstream(where, upstream)


def _upstream(where: str, upstream: Any) -> Iterator[str]:
    if isinstance(upstream, dict):
        unknown = sorted(upstream.keys() - TYPES.keys())
        if unknown or "address" not in upstream:
            yield (
                f"{where} has {upstream!r}: write its address, and weight, backup or down, as in "
                "{address: '10.0.0.11:8000', weight: 2}."
            )
            return
        for option, kind in TYPES.items():
            # True is a number for Python.
            is_right = isinstance(upstream.get(option), kind) and (
                kind is bool or not isinstance(upstream[option], bool)
            )
            if option in upstream and not is_right:
                example = {str: "a text", int: "a number", bool: "true or false"}[kind]
                yield f"{where} has {option}: {upstream[option]!r}: write {example}."
                return
        if upstream.get("weight", 1) < 1:
            yield f"{where} has weight: {upstream['weight']}: write 1 or more."
        if upstream.get("weight", 1) > MAXIMUM_WEIGHT:
            yield f"{where} has weight: {upstream['weight']}: write at most {MAXIMUM_WEIGHT}."
        upstream = upstream["address"]
    if not isinstance(upstream, str) or not _is_address(upstream):
        yield (
            f"{where} has {upstream!r}: write 'host:port', as in '10.0.0.11:8000', the path of a "
            "socket, or 'https://' with a host."
        )


def _is_address(value: str) -> bool:
    if value.startswith(HTTPS):
        host = value.removeprefix(HTTPS)
        return bool(common.HOST.fullmatch(host)) or common.is_address(host)
    return common.is_address(value) or common.is_socket(value)


def _together(where: str, mount: dict, servers: list[dict]) -> Iterator[str]:
    if len({server["scheme"] for server in servers}) > 1:
        yield (
            f"{where}.upstreams has addresses with https and without: all of a mount must be of "
            "one kind."
        )
    if not _is_served(servers):
        yield (
            f"{where}.upstreams has no address that is used first: write one without backup and "
            "without down."
        )
    if mount["balance"] == "ip_hash" and any(server["backup"] for server in servers):
        yield (
            f"{where}.balance is 'ip_hash', but nginx has no backup with it: remove one of them."
        )


def _tls(where: str, tls: dict, servers: list[dict]) -> Iterator[str]:
    hosts = sorted({server["host"] for server in servers})
    if servers[0]["scheme"] != "https":
        if any(tls.values()):
            yield (
                f"{where}.upstream_tls is set, but the upstreams have no https: write them as in "
                "'https://10.0.0.11:8443'."
            )
        return
    if not tls.get("name") and (len(hosts) > 1 or ADDRESS.fullmatch(hosts[0])):
        yield (
            f"{where}.upstreams has {', '.join(hosts)}: write the name in the certificates as "
            "upstream_tls: {name: app.example}."
        )
    if tls.get("name") and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", tls["name"]):
        yield f"{where}.upstream_tls.name is {tls['name']!r}: write a host, as in 'app.example'."
    if tls.get("ca") and not FILE.fullmatch(tls["ca"]):
        yield (
            f"{where}.upstream_tls.ca is {tls['ca']!r}: write the absolute path of a file on the "
            "host, without spaces, as in '/etc/ssl/our-ca.pem'."
        )
