"""Find what is wrong with the host names of a site."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils import host_names
from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_server_names`` and ``nginx_site_aliases``."""
    names, aliases = inputs.values["server_names"], inputs.values["aliases"]
    if not names:
        yield (
            "nginx_site_server_names is empty: write the hosts that clients use, as in "
            "[example.org, www.example.org]."
        )
    yield from common.repeated("nginx_site_server_names", [name.lower() for name in names])
    yield from common.repeated("nginx_site_aliases", [alias.lower() for alias in aliases])
    for variable, given in (("nginx_site_server_names", names), ("nginx_site_aliases", aliases)):
        for name in given:
            yield from host(variable, name.removeprefix("*."), name)
    if names and names[0].startswith("*."):
        yield (
            f"nginx_site_server_names begins with {names[0]!r}: write an exact name first. nginx "
            "uses it for requests without a host, and redirects aliases to it."
        )
    both = {name.lower() for name in names} & {alias.lower() for alias in aliases}
    for name in sorted(both):
        yield (
            f"nginx_site_aliases has {name!r}, and nginx_site_server_names, too: write it in one "
            "of them. An alias is redirected to the first server name."
        )


def host(variable: str, value: str, written: str) -> Iterator[str]:
    """Yield why ``value`` cannot be a host name or an address in ``variable``.

    Source: RFC 1123, 2.1 (letters, digits and hyphens), and RFC 1035, 2.3.4 (lengths).

    :param written: what the user wrote, as a wildcard.
    """
    if common.HOST.fullmatch(value) and (value.startswith("[") or not _fault_of_labels(value)):
        return
    if re.search(r"[/:?#@\s]", value) or not value:
        fault = (
            "write a host without scheme, port or path, as in 'example.org', '*.example.org', "
            "'203.0.113.5' or '[2001:db8::5]'"
        )
    elif not value.isascii():
        fault = host_names.fault(value)
    else:
        fault = _fault_of_labels(value)
    yield f"{variable} has {written!r}: {fault}."


def _fault_of_labels(name: str) -> str:
    if len(name) > 253:
        return f"a host name has at most 253 characters, this one has {len(name)}"
    for label in name.split("."):
        if not label:
            return "it has a dot too many"
        if len(label) > 63:
            return f"a part between dots has at most 63 characters, {label!r} has {len(label)}"
        if label.startswith("-") or label.endswith("-"):
            return f"{label!r} begins or ends with a hyphen"
        if found := re.search(r"[^A-Za-z0-9-]", label):
            return f"a host name has letters, digits and hyphens only, no {found[0]!r}"
    return ""
