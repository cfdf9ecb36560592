"""Find what is wrong with the host names of a site."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``nginx_site_server_names``."""
    names = inputs.values["server_names"]
    if not names:
        yield (
            "nginx_site_server_names is empty: write the hosts that clients use, as in "
            "[example.org, www.example.org]."
        )
    yield from common.repeated("nginx_site_server_names", [name.lower() for name in names])
    for index, name in enumerate(names):
        host = name.removeprefix("*.")
        if not common.HOST.fullmatch(host):
            yield (
                f"nginx_site_server_names has {name!r}: write a host without scheme, port or path, "
                "as in 'example.org', '*.example.org', '203.0.113.5' or '[2001:db8::5]'."
            )
        elif index == 0 and host != name:
            yield (
                f"nginx_site_server_names begins with {name!r}: write an exact name first. nginx "
                "uses it for requests without a host."
            )
