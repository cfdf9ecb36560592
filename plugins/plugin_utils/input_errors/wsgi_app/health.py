"""Find what is wrong with the health check."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_health``."""
    health = inputs.values["health"]
    path, timeout, host = health["path"], health["timeout"], health["host"]
    if not re.fullmatch(r"/[!-~]*", path):
        yield (
            f"wsgi_app_health.path is {path!r}: begin with a slash, below the prefix, as in "
            "'/healthz'."
        )
    for status in health["status"]:
        if not 100 <= status <= 599:
            yield f"wsgi_app_health.status has {status}: write HTTP statuses, as in [200]."
    if timeout < 1:
        yield f"wsgi_app_health.timeout is {timeout}: write 1 second or more."
    if host is not None and not common.HOST.fullmatch(host) and not common.is_address(host):
        yield f"wsgi_app_health.host is {host!r}: write a host, as in 'example.org'."
