"""Find what is wrong with the socket of a StatsD server."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ansible_collections.subsite.deploy.plugins.plugin_utils.input_errors import common
from ansible_collections.subsite.deploy.plugins.plugin_utils.inputs import Inputs

PATH = re.compile(r"/run(/[A-Za-z0-9._@+-]+){2,}")


def errors(inputs: Inputs) -> Iterator[str]:
    """Yield what is wrong with ``wsgi_app_statsd``.

    A container sees the whole directory of the socket, so this must not be ``/run`` itself.
    """
    path = inputs.values["statsd"]
    if path and not (
        PATH.fullmatch(path) and os.path.normpath(path) == path and common.is_socket(path)
    ):
        yield (
            f"wsgi_app_statsd is {path!r}: write the path of a unix datagram socket in a directory "
            "of its own below /run, as in '/run/statsd/shop/socket'."
        )
