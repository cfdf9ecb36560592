"""Find variables of nginx in values that nginx does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.subsite.deploy.plugins.module_utils.nginx_config import (
    ConfigurationError,
    directives,
)

REFERENCE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z0-9_]+)\}|(?P<plain>[A-Za-z0-9_]+)|)")
"""A variable, or a "$" that begins none."""

OF_NGINX = frozenset(
    """
    ancient_browser args binary_remote_addr body_bytes_sent bytes_sent connection
    connection_requests connection_time connections_active connections_reading
    connections_waiting connections_writing
    content_length content_type date_gmt date_local document_root document_uri gzip_ratio host
    hostname http2 http3 https invalid_referer is_args limit_conn_status limit_rate
    limit_req_status memcached_key modern_browser msec msie nginx_version pid pipe proxy_host
    proxy_port query_string realip_remote_addr realip_remote_port realpath_root remote_addr
    remote_port remote_user request request_body request_body_file request_completion
    request_filename request_id request_length request_method request_time request_uri scheme
    secure_link secure_link_expires server_addr server_name server_port server_protocol slice_range
    status time_iso8601 time_local uid_got uid_reset uid_set uri
    """.split()
)
"""Source: https://nginx.org/en/docs/varindex.html."""

FAMILIES = re.compile(
    r"[0-9]|(arg|cookie|geoip|geoip2|gzip|http|jwt|otel|proxy_add|proxy_protocol|sent_http"
    r"|sent_trailer|site|ssl|tcpinfo|upstream)_.+"
)
"""Beginnings of names that nginx and its modules make, and those of the role."""

DEFINE = {
    "map": 2,
    "geo": -1,
    "set": 1,
    "split_clients": 2,
    "perl_set": 1,
    "js_set": 1,
    "js_var": 1,
}
"""Directives that define a variable, and which of their words is its name."""


def faults(text: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the variables in ``text``, as the end of a sentence.

    :param values: the inputs of the site, whose own lines may define variables.
    """
    for match in REFERENCE.finditer(text):
        name = match["braced"] or match["plain"]
        if name is None:
            yield "has a '$' without the name of a variable: write one, as in '$remote_user'"
        elif not (name in OF_NGINX or FAMILIES.fullmatch(name) or _is_defined(name, values)):
            yield (
                f"has '${name}', which is no variable of nginx: write another one, or define it "
                "in nginx_site_http_extra"
            )


def _is_defined(name: str, values: Mapping[str, Any]) -> bool:
    lines = [values["http_extra"], values["extra"], *(mount["extra"] for mount in values["mounts"])]
    return any(name in _defined(text) for text in lines) or any(
        "include" in text or f"<{name}>" in text for text in lines
    )


def _defined(text: str) -> Iterator[str]:
    """Yield the names of variables that the lines of the user define."""
    try:
        for directive in directives(text):
            position = DEFINE.get(directive.words[0])
            if position is not None and len(directive.words) > 1:
                yield directive.words[min(position, len(directive.words) - 1)].lstrip("$")
    except ConfigurationError:
        return
