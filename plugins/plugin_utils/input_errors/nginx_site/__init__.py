"""Find what is wrong with the inputs of the role nginx_site."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors.nginx_site import (
    access,
    acme,
    auth_request,
    cors,
    error_pages,
    extra,
    headers,
    https,
    lengths,
    limits,
    listeners,
    maintenance,
    mounts,
    names,
    redirects,
    reserved_paths,
    tls,
    trust,
)
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

AREAS = (
    names,
    listeners,
    tls,
    acme,
    trust,
    https,
    limits,
    access,
    auth_request,
    headers,
    cors,
    error_pages,
    maintenance,
    mounts,
    redirects,
    reserved_paths,
    extra,
    lengths,
)


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with the inputs of a site."""
    yield from common.name("nginx_site_name", inputs.values["name"])
    if inputs.values["state"] == "present":
        for area in AREAS:
            yield from area.errors(inputs)
