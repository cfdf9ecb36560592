"""Find what is wrong with the maintenance of a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import (
    access,
    limits,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

WHERE = "nginx_site_maintenance"
BOOLEANS = {"true", "yes", "on", "1", "false", "no", "off", "0"}
"""Texts that Ansible's filter ``bool`` reads as what they say."""

OPTIONS = {"retry_after": int, "allow": list, "paths": list}


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_maintenance``."""
    value = inputs.values["maintenance"]
    if isinstance(value, Mapping) and value:
        yield from _options(inputs, value)
    elif str(value).lower() not in BOOLEANS:
        yield (
            f"{WHERE} is {value!r}: write true, false, or options, as in {{allow: [203.0.113.9]}}."
        )


def _options(inputs: Inputs, value: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(set(value) - set(OPTIONS)):
        yield f"{WHERE}.{name} is no option: use {', '.join(OPTIONS)}."
    wrong = [
        name
        for name, kind in OPTIONS.items()
        if name in value and (not isinstance(value[name], kind) or isinstance(value[name], bool))
    ]
    for name in wrong:
        kind = "a number of seconds" if OPTIONS[name] is int else "a list"
        yield f"{WHERE}.{name} is {value[name]!r}: write {kind}."
    if "retry_after" in value and "retry_after" not in wrong:
        yield from limits.seconds(f"{WHERE}.retry_after", value["retry_after"])
    if "allow" in value and "allow" not in wrong:
        yield from access.clients(f"{WHERE}.allow", value["allow"], inputs)
    if "paths" in value and "paths" not in wrong:
        yield from _paths(value["paths"])


def _paths(paths: list[Any]) -> Iterator[str]:
    for path in paths:
        if not isinstance(path, str) or not common.PREFIX.fullmatch(path.removesuffix("/")):
            yield (
                f"{WHERE}.paths has {path!r}: write one path of the site, without a query, as in "
                "'/healthz' or '/shop/healthz'."
            )
    yield from common.repeated(f"{WHERE}.paths", [str(path) for path in paths])
